package io.ironclaw.bench;

import io.ironclaw.api.Event;
import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.HostException;
import io.ironclaw.api.VmId;
import io.ironclaw.audit.Audit;
import io.ironclaw.audit.AuditSettings;
import io.ironclaw.audit.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the audit costs whoever makes an event, and what it takes to hold and to verify it. */
final class AuditProbes {
  private static final VmId VM = new VmId("bench");
  private static final int EVENTS = 2_000;
  private static final int RING_EVENTS = 200_000;
  private static final int FLOOD = 300_000;

  /** Of the log that is verified; the mark is of four times as many. */
  private static final long VERIFIED_MIB = 256;

  private final Lab lab;
  private Optional<AuditSettings> large = Optional.empty();

  AuditProbes(Lab lab) {
    this.lab = lab;
  }

  private AuditSettings settings(Path folder) {
    return AuditSettings.of(folder.resolve("log"), folder.resolve("key"));
  }

  private static Event event(long number) {
    return new Event.ExecEnded(
        VM,
        number,
        Optional.of(
            new ExecOutcome.Exited(
                0, new ExecOutcome.Usage(Duration.ZERO, Duration.ZERO, 1_000, false))),
        Optional.empty(),
        1,
        2,
        3,
        Duration.ofMillis(number));
  }

  private static void require(String text) {
    throw new IllegalStateException(text);
  }

  /** Each event by itself, at the rate of a busy process, while the log is written. */
  void event(Results results) throws IOException {
    try (var audit = new Audit(Optional.of(settings(lab.newDir())), AuditProbes::require)) {
      for (int i = 0; i < EVENTS; i++) {
        var event = event(i);
        long begin = System.nanoTime();
        audit.publish(event);
        results.add("audit_event_us", (System.nanoTime() - begin) / 1e3);
      }
    }
  }

  /** As many as one thread can make. */
  void ring(Results results) throws IOException {
    try (var audit = new Audit(Optional.of(settings(lab.newDir())), AuditProbes::require)) {
      long begin = System.nanoTime();
      for (int i = 0; i < RING_EVENTS; i++) {
        audit.publish(event(i));
      }
      results.add("audit_ring_k_s", RING_EVENTS / ((System.nanoTime() - begin) / 1e9) / 1e3);
    }
  }

  /**
   * What is held after more than can be held, each as large as can be: what becomes free when the
   * audit is let go of.
   */
  void flood(Results results) throws IOException {
    var held = new ArrayList<Audit>();
    held.add(new Audit(Optional.of(settings(lab.newDir())), AuditProbes::require));
    String text = "x".repeat(10_000);
    for (int i = 0; i < FLOOD; i++) {
      held.getFirst().publish(i % 100 == 0 ? new Event.VmDied(VM, i + text) : event(i));
    }
    long with = heap();
    held.removeFirst().close();
    results.add("audit_heap_mb", (with - heap()) / 1e6);
  }

  private static long heap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  void verify(Results results) throws IOException, HostException {
    var settings = large.isPresent() ? large.get() : written();
    large = Optional.of(settings);
    long bytes = bytes(settings.folder());
    long begin = System.nanoTime();
    var done = Verifier.verify(settings, List.of(), List.of());
    double seconds = (System.nanoTime() - begin) / 1e9;
    if (!done.isWhole()) {
      throw new HostException("the log is not whole: " + done.broken());
    }
    results.add("audit_verify_mib_s", bytes / seconds / (1 << 20));
  }

  /** A log of so many bytes, in files of the usual size. */
  private AuditSettings written() throws IOException {
    Path folder = lab.newDir();
    var settings =
        new AuditSettings(
            folder.resolve("log"),
            folder.resolve("key"),
            AuditSettings.Fsync.NONE,
            // So that none is left out: each is waited for.
            AuditSettings.WhenFull.STOP,
            AuditSettings.SEGMENT_BYTES,
            4 * VERIFIED_MIB << 20,
            List.of());
    try (var audit = new Audit(Optional.of(settings), AuditProbes::require)) {
      var writers = new Thread[16];
      for (int w = 0; w < writers.length; w++) {
        long from = w * 1_000_000_000L;
        writers[w] =
            Thread.ofPlatform()
                .start(() -> {
                  for (long i = from; bytes(settings.folder()) < VERIFIED_MIB << 20; i += 200) {
                    for (int j = 0; j < 200; j++) {
                      audit.publish(event(i + j));
                    }
                  }
                });
      }
      for (var writer : writers) {
        writer.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return settings;
  }

  private static long bytes(Path folder) {
    try (var files = Files.list(folder)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException _) {
      // Not there yet.
      return 0;
    }
  }
}
