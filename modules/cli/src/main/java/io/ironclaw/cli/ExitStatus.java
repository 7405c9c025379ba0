package io.ironclaw.cli;

import io.ironclaw.api.GuestRefusedException;

/** What the process's exit status says, apart from a command's own status. */
final class ExitStatus {
  static final int OK = 0;

  /** {@code doctor} and {@code test-mcp}: the answer is no. */
  static final int FAILED = 1;

  /** The command line is wrong (sysexits.h, EX_USAGE). */
  static final int USAGE = 64;

  /** The command's time limit ended it, as of timeout(1). */
  static final int TIME_LIMIT = 124;

  /** IronClaw could not do its part, as of timeout(1), env(1) and docker-run(1). */
  static final int OWN_ERROR = 125;

  /** The command was found and could not be started. */
  static final int NOT_EXECUTABLE = 126;

  /** The command was not found. */
  static final int NOT_FOUND = 127;

  static final int SIGHUP = 1;
  static final int SIGINT = 2;
  static final int SIGQUIT = 3;
  static final int SIGPIPE = 13;
  static final int SIGTERM = 15;
  static final int SIGCONT = 18;
  static final int SIGTSTP = 20;
  static final int SIGWINCH = 28;

  private ExitStatus() {}

  /** What a shell shows for a process that a signal ended. */
  static int ofSignal(int signal) {
    return 128 + signal;
  }

  static int of(Throwable problem) {
    return switch (problem) {
      case GuestRefusedException e when e.errno() == GuestRefusedException.ENOENT -> NOT_FOUND;
      case GuestRefusedException e when e.errno() == GuestRefusedException.EACCES -> NOT_EXECUTABLE;
      // The core checks its arguments with this type: what the user asked for is out of bounds.
      case IllegalArgumentException _ -> USAGE;
      default -> OWN_ERROR;
    };
  }
}
