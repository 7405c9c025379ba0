package io.ironclaw.audit;

import io.ironclaw.api.Event;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * A process that does nothing but enter events, while it may: {@code WriterMain FOLDER
 * SEGMENT-BYTES}.
 */
final class WriterMain {
  private WriterMain() {}

  public static void main(String[] args) throws InterruptedException {
    long segment = Long.parseLong(args[1]);
    Path folder = Path.of(args[0]);
    var settings =
        new AuditSettings(
            folder.resolve("log"),
            folder.resolve("key"),
            AuditSettings.Fsync.NONE,
            AuditSettings.WhenFull.STOP,
            segment,
            8 * segment,
            List.of());
    var turns = new Semaphore(1);
    try (var audit =
        new Audit(
            Optional.of(settings),
            text -> {
              if (text.contains("again")) {
                turns.release();
              } else {
                turns.drainPermits();
              }
              System.out.println(text);
              System.out.flush();
            })) {
      for (long i = 0; ; i++) {
        turns.acquire();
        turns.release();
        audit.publish(new Event.ToolEnded("exec", Logs.VM, Duration.ofMillis(i), Optional.empty()));
        if (i == 0) {
          System.out.println("writing");
          System.out.flush();
        }
      }
    }
  }
}
