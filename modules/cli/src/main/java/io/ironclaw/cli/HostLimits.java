package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Limits of this process (proc(5), limits) that are too low to work with, told as what they are.
 */
final class HostLimits {
  private static final int LEAST_FILES = 64;
  private static final String FILES = "Max open files";

  private HostLimits() {}

  static void check() throws HostException {
    try (var lines = Files.lines(Path.of("/proc/self/limits"))) {
      var line = lines.filter(l -> l.startsWith(FILES)).findFirst();
      var soft = line.map(l -> l.substring(FILES.length()).strip().split("\\s+", 2)[0]);
      if (soft.isPresent() && !soft.get().equals("unlimited")) {
        long most = Long.parseLong(soft.get());
        if (most < LEAST_FILES) {
          throw new HostException(
              "only %d files may be open at once, %d are needed; raise it with ulimit -n"
                  .formatted(most, LEAST_FILES));
        }
      }
    } catch (IOException | NumberFormatException _) {
      // Not to be known; what fails later says so itself.
    }
  }

  /** What to say when Java can't start a thread. */
  static String noThread() {
    return "no more threads can be started: too many processes of this user, or too little memory;"
        + " see ulimit -u and ulimit -v";
  }
}
