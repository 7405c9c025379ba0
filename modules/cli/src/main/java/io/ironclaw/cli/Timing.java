package io.ironclaw.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/**
 * Where the wall time of one command went, for the benchmark: with {@code IRONCLAW_TIMING=1} it is
 * one line of JSON on stderr. All in milliseconds. The process's start is known to 10 ms only
 * (clock ticks in proc(5)), and lies before the launcher's own work when a shell script became
 * Java.
 */
final class Timing {
  /** The points in time that end a phase, in order. */
  enum Mark {
    VM_REQUESTED("main_to_request_ms"),
    VM_READY("vm_ready_ms"),
    EXEC_DONE("exec_ms"),
    CLEANED_UP("cleanup_ms");

    private final String phase;

    Mark(String phase) {
      this.phase = phase;
    }
  }

  private static final int START_TIME_FIELD = 22;
  private static final long NANOS_PER_TICK = 10_000_000;

  private final boolean wanted;
  private final long mainNanos;
  private final Map<Mark, Long> marks = new EnumMap<>(Mark.class);

  /**
   * @param mainNanos {@link System#nanoTime()} at the start of main
   */
  Timing(boolean wanted, long mainNanos) {
    this.wanted = wanted;
    this.mainNanos = mainNanos;
  }

  void mark(Mark mark) {
    if (wanted) {
      marks.put(mark, System.nanoTime());
    }
  }

  boolean wanted() {
    return wanted;
  }

  /** The line, without its end; phases that did not happen are left out. */
  String json() {
    var line = new StringBuilder("{\"start_to_main_ms\":");
    long started = processStart();
    millis(line, mainNanos - started);
    long last = mainNanos;
    for (var mark : marks.entrySet()) {
      line.append(",\"").append(mark.getKey().phase).append("\":");
      millis(line, mark.getValue() - last);
      last = mark.getValue();
    }
    line.append(",\"total_ms\":");
    millis(line, last - started);
    return line.append('}').toString();
  }

  private static void millis(StringBuilder to, long nanos) {
    long micros = Math.max(0, nanos) / 1_000;
    to.append(micros / 1_000).append('.');
    long fraction = micros % 1_000;
    to.append(fraction / 100).append(fraction / 10 % 10).append(fraction % 10);
  }

  /** Linux: both this and {@link System#nanoTime()} count from the boot. */
  private long processStart() {
    try {
      String stat = Files.readString(Path.of("/proc/self/stat"));
      // The second field is a name in parentheses that may hold spaces.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return Long.parseLong(fields[START_TIME_FIELD - 3]) * NANOS_PER_TICK;
    } catch (IOException | RuntimeException _) {
      // Unknown, as in a sandbox without /proc: then the count begins with main.
      return mainNanos;
    }
  }
}
