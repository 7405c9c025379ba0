package io.ironclaw.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The first VM after a boot of the host: nothing of IronClaw, QEMU, Java or the template is in the
 * page cache. Pages that a process has mapped stay there, so this is measured before anything else
 * runs.
 */
final class ColdCache {
  static final String NAME = "cold cache";
  private static final Path DROP = Path.of("/proc/sys/vm/drop_caches");
  private static final int RUNS = 5;

  private ColdCache() {}

  /** Whole command lines on a cold page cache, and each again on what it has read. */
  static Optional<Probe> probe(Path launcher, Results results) {
    if (!Files.isWritable(DROP)) {
      results.skip("cli_cold_cache_ms", "only root may empty the page cache");
      return Optional.empty();
    }
    return Optional.of(
        new Probe(
            NAME,
            0,
            RUNS,
            1,
            r -> {
              drop();
              r.add("cli_cold_cache_ms", run(launcher));
              r.add("cli_after_cold_cache_ms", run(launcher));
            }));
  }

  private static double run(Path launcher) throws IOException, InterruptedException {
    return HostProbes.wall(List.of(launcher.toString(), "exec", "--", "true"));
  }

  private static void drop() throws IOException, InterruptedException {
    if (new ProcessBuilder("sync").start().waitFor() != 0) {
      throw new IOException("sync failed");
    }
    Files.writeString(DROP, "3");
  }
}
