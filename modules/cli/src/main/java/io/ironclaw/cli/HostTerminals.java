package io.ironclaw.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The terminal of this process. */
final class HostTerminals implements Terminals {
  private static final Path STDIN = Path.of("/proc/self/fd/0");

  /** By its name: asking the system takes native code, and loading that takes time. */
  @Override
  public boolean onStdin() {
    try {
      String target = Files.readSymbolicLink(STDIN).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException _) {
      // Closed, or no /proc: not a terminal that anyone could use.
      return false;
    }
  }

  @Override
  public UserTerminal open() throws IOException {
    return JLineTerminal.open();
  }
}
