package io.ironclaw.cli;

import io.ironclaw.api.SpawnReport;
import java.time.Duration;

/** How a VM came to be, in words. */
final class SpawnText {
  private static final int LABEL_WIDTH = 14;

  private SpawnText() {}

  /** One line. */
  static String summary(SpawnReport spawn) {
    return "VM "
        + spawn.id()
        + " is ready after "
        + time(spawn.total())
        + ": "
        + how(spawn.how())
        + ", "
        + spawn.hypervisor()
        + ", isolation: "
        + spawn.acceleration().isolation()
        + spawn.downgrade().map(why -> " (" + why + ")").orElse("")
        + ", "
        + spawn.jail().text()
        + ", seccomp: "
        + spawn.seccomp().text();
  }

  /** A line for each phase. */
  static String phases(SpawnReport spawn) {
    var lines = new StringBuilder();
    for (var phase : spawn.phases()) {
      lines.append("  ").append(phase.name());
      lines.repeat(' ', Math.max(1, LABEL_WIDTH - phase.name().length()));
      lines.append(time(phase.took())).append('\n');
    }
    return lines.toString();
  }

  static String how(SpawnReport.How how) {
    return switch (how) {
      case CLONE -> "clone";
      case COLD_BOOT -> "cold boot";
    };
  }

  /** {@code 12.3 ms}, {@code 4.5 s}, {@code 10 min}: for people. */
  static String time(Duration time) {
    long millis = time.toMillis();
    if (millis < 1_000) {
      return tenths(time.toNanos() / 100_000) + " ms";
    }
    if (millis < 60_000) {
      return tenths(millis / 100) + " s";
    }
    return tenths(time.toSeconds() / 6) + " min";
  }

  private static String tenths(long n) {
    return n % 10 == 0 ? Long.toString(n / 10) : n / 10 + "." + n % 10;
  }
}
