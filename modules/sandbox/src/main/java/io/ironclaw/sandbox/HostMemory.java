package io.ironclaw.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory of this host (proc(5), meminfo). */
final class HostMemory {
  private HostMemory() {}

  /** In MiB; more than any VM may have if it can't be known. */
  static long totalMib() {
    try (var lines = Files.lines(Path.of("/proc/meminfo"))) {
      return lines
          .filter(line -> line.startsWith("MemTotal:"))
          .findFirst()
          .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10)
          .orElse(Long.MAX_VALUE);
    } catch (IOException | NumberFormatException _) {
      // No /proc: then the hypervisor finds out.
      return Long.MAX_VALUE;
    }
  }
}
