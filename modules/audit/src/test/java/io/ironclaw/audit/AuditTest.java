package io.ironclaw.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.AuditEntry;
import io.ironclaw.api.AuditKind;
import io.ironclaw.api.Event;
import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.HostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class AuditTest {
  @TempDir Path folder;
  private final BlockingQueue<String> told = new ArrayBlockingQueue<>(1_000);

  private Audit audit(AuditSettings settings) {
    return new Audit(Optional.of(settings), told::add);
  }

  private static AuditSettings with(
      Path folder, AuditSettings.Fsync fsync, AuditSettings.WhenFull whenFull) {
    return new AuditSettings(
        folder.resolve("log"),
        folder.resolve("key"),
        fsync,
        whenFull,
        AuditSettings.SEGMENT_BYTES,
        AuditSettings.MOST_BYTES,
        List.of());
  }

  private static long sum(List<LoggedEntry> entries, String kind) {
    return entries.stream().filter(e -> e.kind().equals(kind)).mapToLong(LoggedEntry::times).sum();
  }

  @Test
  void what_is_published_is_in_memory_at_once_and_in_the_log_signed_when_it_is_closed()
      throws Exception {
    var settings = Logs.settings(folder);
    try (var audit = audit(settings)) {
      audit.publish(Logs.event("one"));
      audit.publish(new Event.Preparing("no entry"));
      assertThat(audit.recent()).extracting(AuditEntry::kind).containsExactly(AuditKind.VM_DIED);
      assertThat(audit.recent().getFirst().text("what")).contains("one");
    }
    var verification = Logs.verify(settings);
    assertThat(verification.broken()).isEmpty();
    assertThat(verification.signedThrough()).isEqualTo(verification.last());
    assertThat(Logs.entries(settings))
        .extracting(LoggedEntry::kind)
        .containsExactly("segment", "vm-died", "checkpoint");
    assertThat(told).isEmpty();
  }

  @Test
  void without_a_log_there_is_the_ring_and_no_file() throws Exception {
    try (var audit = new Audit(Optional.empty(), told::add)) {
      audit.publish(Logs.event("one"));
      assertThat(audit.recent()).hasSize(1);
    }
    assertThat(folder).isEmptyDirectory();
  }

  /** Every fourth of them is as no other, and the rest are 300 kinds that come again and again. */
  @Test
  void ten_million_violations_leave_heap_and_disk_flat_and_the_count_exact() throws Exception {
    var settings = Logs.settings(folder);
    var violations = new ArrayList<Event>();
    for (int i = 0; i < 300; i++) {
      violations.add(
          new Event.CommandRefused(
              Logs.VM, List.of(new ExecOutcome.Refused("call" + i, 1)), false));
    }
    int all = 10_000_000;
    long most = 0;
    try (var audit = audit(settings)) {
      for (int i = 0; i < all; i++) {
        audit.publish(violations.get(i % violations.size()));
        if (i % 2_500_000 == 2_499_999) {
          most = Math.max(most, heap());
        }
      }
      long differing = 200_000;
      for (int i = 0; i < differing; i++) {
        audit.publish(
            new Event.CommandRefused(
                Logs.VM, List.of(new ExecOutcome.Refused("other" + i, 1)), false));
      }
      most = Math.max(most, heap());
      assertThat(audit.recent().size()).isLessThanOrEqualTo(AuditSettings.MEMORY_ENTRIES);
      assertThat(audit.dropped()).containsKey(AuditKind.GUEST_SECCOMP);
      all += (int) differing;
    }
    assertThat(Logs.verify(settings).broken()).isEmpty();
    var entries = Logs.entries(settings);
    long lost =
        entries.stream()
            .filter(e -> e.kind().equals("dropped"))
            .mapToLong(e -> (Long) e.data().get("entries"))
            .sum();
    assertThat(sum(entries, "guest-seccomp") + lost).isEqualTo(all);
    assertThat(new Segments(settings.folder()).bytes()).isLessThan(20L << 20);
    assertThat(most).as("bytes of heap").isLessThan(heapBefore + (32L << 20));
  }

  private final long heapBefore = heap();

  /** What is reachable. */
  private static long heap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Test
  void noise_displaces_no_violation_on_its_way_to_the_log() throws Exception {
    var settings = Logs.settings(folder);
    try (var audit = audit(settings)) {
      for (int i = 0; i < 60_000; i++) {
        audit.publish(new Event.ToolEnded("exec", Logs.VM, Duration.ofMillis(i), Optional.empty()));
        if (i % 6_000 == 0) {
          audit.publish(Logs.event("violation " + i));
        }
      }
    }
    assertThat(sum(Logs.entries(settings), "vm-died")).isEqualTo(10);
  }

  @Test
  void with_every_an_entry_is_in_the_log_when_publishing_returns() throws Exception {
    var settings = with(folder, AuditSettings.Fsync.EVERY, AuditSettings.WhenFull.GO_ON);
    try (var audit = audit(settings)) {
      for (int i = 1; i <= 20; i++) {
        audit.publish(Logs.event("entry " + i));
        assertThat(sum(Logs.entries(settings), "vm-died")).isEqualTo(i);
      }
    }
  }

  @Test
  void where_it_stops_nothing_is_begun_that_can_not_be_entered_and_all_goes_on_when_it_can()
      throws Exception {
    var settings = with(folder, AuditSettings.Fsync.NONE, AuditSettings.WhenFull.STOP);
    Files.writeString(settings.folder(), "in the way");
    try (var audit = audit(settings)) {
      audit.publish(Logs.event("lost?"));
      assertThatThrownBy(audit::requireEntered)
          .isInstanceOf(HostException.class)
          .hasMessageContaining("can't be entered in the audit")
          .hasMessageContaining("is no folder");
      assertThat(told.poll(10, TimeUnit.SECONDS)).contains("nothing is begun until it can be");
      Files.delete(settings.folder());
      assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("the audit is written again");
      audit.requireEntered();
    }
    assertThat(sum(Logs.entries(settings), "vm-died")).isEqualTo(1);
  }

  @Test
  void where_it_goes_on_what_is_lost_is_told_in_the_end() throws Exception {
    var settings = with(folder, AuditSettings.Fsync.INTERVAL, AuditSettings.WhenFull.GO_ON);
    Files.writeString(settings.folder(), "in the way");
    try (var audit = audit(settings)) {
      audit.publish(Logs.event("lost"));
      audit.requireEntered();
    }
    assertThat(told.poll(10, TimeUnit.SECONDS))
        .contains("work goes on, and what is lost is counted");
    assertThat(told.poll(10, TimeUnit.SECONDS)).contains("1 entries of the audit are lost");
  }

  @Test
  void checkpoints_go_to_the_anchors_and_one_that_fails_is_told() throws Exception {
    Path anchor = folder.resolve("anchor");
    Path stamped = folder.resolve("stamped");
    var base = Logs.settings(folder);
    var settings =
        new AuditSettings(
            base.folder(),
            base.keyFolder(),
            base.fsync(),
            base.whenFull(),
            base.segmentBytes(),
            base.mostBytes(),
            List.of(
                Anchor.parse("file:" + anchor),
                Anchor.parse("command:/bin/dd of=" + stamped),
                Anchor.parse("command:/bin/false")));
    try (var audit = audit(settings)) {
      audit.publish(Logs.event("one"));
    }
    assertThat(Verifier.verify(settings, List.of(), List.of(anchor)).broken()).isEmpty();
    assertThat(stamped).hasSameBinaryContentAs(anchor);
    assertThat(told.poll(10, TimeUnit.SECONDS)).contains("command:/bin/false");
    assertThatThrownBy(() -> Anchor.parse("stdout"))
        .hasMessageContaining("ironclaw audit checkpoint");
  }
}
