package io.ironclaw.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class LogTest {
  @TempDir Path folder;

  @Test
  void what_others_have_written_meanwhile_is_gone_on_from() throws Exception {
    var settings = Logs.settings(folder);
    try (var one = new Log(settings, Clock.systemUTC());
        var two = new Log(settings, Clock.systemUTC())) {
      for (int i = 0; i < 20; i++) {
        one.append(List.of(Logs.entry("one " + i)), Optional.empty());
        two.append(List.of(Logs.entry("two " + i)), Optional.of("test"));
      }
    }
    assertThat(Logs.verify(settings).broken()).isEmpty();
    assertThat(Logs.verify(settings).signatures()).isEqualTo(20);
  }

  @Test
  void the_end_of_a_write_that_was_cut_short_is_taken_away_and_that_is_entered() throws Exception {
    var settings = Logs.settings(folder);
    Logs.write(settings, 3);
    Path file = Logs.files(settings).getFirst();
    byte[] whole = Files.readAllBytes(file);
    for (byte[] torn :
        List.of(
            "{\"n\":6,\"at".getBytes(java.nio.charset.StandardCharsets.US_ASCII),
            new byte[300_000])) {
      Files.write(file, torn, StandardOpenOption.APPEND);
      assertThat(Logs.verify(settings).isWhole()).isFalse();
      Logs.write(settings, 1);
      assertThat(Logs.verify(settings).broken()).isEmpty();
      assertThat(Logs.entries(settings))
          .anyMatch(
              e -> e.kind().equals("cut") && e.data().get("bytes").equals((long) torn.length));
    }
    assertThat(Logs.verify(settings).notes())
        .allMatch(note -> note.contains("a write that was cut short was taken away"))
        .hasSize(2);
    // Cut in the first line of the first file: there is no log yet.
    Files.write(file, java.util.Arrays.copyOf(whole, 20));
    Logs.write(settings, 1);
    assertThat(Logs.entries(settings)).hasSize(4);
  }

  @Test
  void an_end_that_is_not_what_was_written_is_not_gone_on_from() throws Exception {
    var settings = Logs.settings(folder);
    Logs.write(settings, 3);
    Path file = Logs.files(settings).getFirst();
    Files.writeString(file, "{\"n\":99}\n", StandardOpenOption.APPEND);
    assertThatThrownBy(() -> Logs.write(settings, 1))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("is not what was written")
        .hasMessageContaining("ironclaw audit verify");
  }

  @Test
  void the_oldest_files_make_room_and_the_chain_still_holds() throws Exception {
    var settings = Logs.small(folder, 64 << 10, 256 << 10);
    for (int i = 0; i < 40; i++) {
      Logs.write(settings, 100);
      assertThat(new Segments(settings.folder()).bytes()).isLessThan((256 << 10) + (64 << 10));
      assertThat(Logs.verify(settings).broken()).isEmpty();
    }
    var verification = Logs.verify(settings);
    assertThat(verification.first()).isGreaterThan(1_000);
    assertThat(Logs.entries(settings)).anyMatch(e -> e.kind().equals("removed"));
    // One more that nobody has signed away.
    Files.delete(Logs.files(settings).getFirst());
    assertThat(Logs.verify(settings).isWhole()).isFalse();
  }

  @Test
  void each_day_has_a_file_and_a_clock_that_jumps_breaks_nothing() throws Exception {
    var settings = Logs.settings(folder);
    var now = Instant.parse("2026-05-05T12:00:00Z");
    for (var jump :
        List.of(Duration.ZERO, Duration.ofDays(1), Duration.ofDays(-400), Duration.ofDays(9_000))) {
      try (var log = new Log(settings, Clock.fixed(now.plus(jump), ZoneOffset.UTC))) {
        log.append(
            List.of(
                Encoded.of(
                    new Data()
                        .text("what", "x")
                        .entry(io.ironclaw.api.AuditKind.LIMIT, now.plus(jump)))),
            Optional.of("test"));
      }
    }
    var verification = Logs.verify(settings);
    assertThat(verification.broken()).isEmpty();
    assertThat(Logs.files(settings)).hasSize(4);
    assertThat(verification.notes()).anyMatch(note -> note.contains("the clock went back by"));
  }

  @Test
  void a_key_that_others_could_use_is_refused_and_so_is_another_key() throws Exception {
    var settings = Logs.settings(folder);
    Logs.write(settings, 1);
    Path key = settings.keyFolder().resolve("audit-key.pem");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
    assertThatThrownBy(() -> Logs.write(settings, 1))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("chmod 600");
    Files.delete(key);
    assertThatThrownBy(() -> Logs.write(settings, 1))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("is signed by key");
    Files.writeString(key, "nonsense");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    assertThatThrownBy(() -> Logs.write(settings, 1)).isInstanceOf(HostException.class);
  }

  @Test
  void what_is_written_and_can_not_be_signed_is_told_and_not_written_again() throws Exception {
    var settings = Logs.settings(folder);
    try (var log = new Log(settings, Clock.systemUTC())) {
      assertThat(log.append(List.of(Logs.entry("one")), Optional.of("test"))).isEmpty();
      Path head;
      try (var files = Files.list(settings.keyFolder())) {
        head =
            files
                .filter(f -> f.getFileName().toString().startsWith("head"))
                .findFirst()
                .orElseThrow();
      }
      Files.delete(head);
      Files.createDirectories(head.resolve("in the way"));
      assertThat(log.append(List.of(Logs.entry("two")), Optional.of("test"))).isPresent();
      io.ironclaw.host.PrivateDir.deleteTree(head);
      assertThat(log.append(List.of(Logs.entry("three")), Optional.of("test"))).isEmpty();
    }
    assertThat(Logs.verify(settings).broken()).isEmpty();
    assertThat(Logs.entries(settings).stream().filter(e -> e.kind().equals("vm-died"))).hasSize(3);
  }

  @Test
  void a_folder_that_can_not_be_made_is_told() throws Exception {
    Files.writeString(folder.resolve("log"), "a file");
    assertThatThrownBy(() -> Logs.write(Logs.settings(folder), 1))
        .isInstanceOfAny(HostException.class, IOException.class)
        .hasMessageContaining("is no folder");
  }
}
