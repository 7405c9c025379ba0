package io.ironclaw.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a process holds, as the kernel counts it. */
final class ProcessUsage {
  private ProcessUsage() {}

  /** CPU time of all threads that still run, in ms; unlike wall time it knows no neighbours. */
  static double cpuMillis(long pid) throws IOException {
    long nanos = 0;
    try (var threads = Files.list(Path.of("/proc", "" + pid, "task"))) {
      for (var thread : threads.toList()) {
        var fields = Files.readString(thread.resolve("schedstat")).split(" ", -1);
        nanos += Long.parseLong(fields[0]);
      }
    }
    return nanos / 1e6;
  }

  /** Proportional set size in MiB: a page that n processes share counts as 1/n. */
  static double pssMib(long pid) throws IOException {
    return rollup(pid, "Pss:");
  }

  /** What nobody shares, in MiB: what one more such process costs. */
  static double privateMib(long pid) throws IOException {
    return rollup(pid, "Private_Clean:") + rollup(pid, "Private_Dirty:");
  }

  private static double rollup(long pid, String field) throws IOException {
    try (var lines = Files.lines(Path.of("/proc", "" + pid, "smaps_rollup"))) {
      return lines
              .filter(l -> l.startsWith(field))
              .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")))
              .findFirst()
              .orElseThrow(() -> new IOException("no " + field + " of process " + pid))
          / 1024.0;
    }
  }

  /** How many processes have a file in their memory. */
  static int sharers(Path file) throws IOException {
    int count = 0;
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (var process : processes) {
        if (maps(process).contains(" " + file + "\n")) {
          count++;
        }
      }
    }
    return count;
  }

  private static String maps(Path process) {
    try {
      return Files.readString(process.resolve("maps"));
    } catch (IOException _) {
      // It ended meanwhile, or is somebody else's, who can't have our file.
      return "";
    }
  }
}
