package io.ironclaw.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/**
 * What a benchmark that is interrupted would leave: its bare VMs, which nothing ties to its life,
 * and a folder.
 */
final class Leftovers {
  private static final int MOST_PASSES = 100;

  private Leftovers() {}

  /** However the JVM ends, short of a KILL, its children and this folder end with it. */
  static void endWithUs(Path folder) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  killChildren();
                  removeIgnoringFailure(folder);
                },
                "bench-leftovers"));
  }

  /** The main thread goes on meanwhile, and may start one more: so, until there is none. */
  private static void killChildren() {
    for (int pass = 0; pass < MOST_PASSES; pass++) {
      List<ProcessHandle> children;
      try (var all = ProcessHandle.current().descendants()) {
        children = all.filter(ProcessHandle::isAlive).toList();
      }
      if (children.isEmpty()) {
        return;
      }
      children.forEach(ProcessHandle::destroyForcibly);
    }
  }

  private static void removeIgnoringFailure(Path folder) {
    try {
      remove(folder);
    } catch (IOException | java.io.UncheckedIOException _) {
      // There is nobody left to tell, and nothing else to do.
    }
  }

  static void remove(Path folder) throws IOException {
    try (var all = Files.walk(folder)) {
      for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (NoSuchFileException _) {
      // Removed already.
    }
  }
}
