package io.ironclaw.api;

import java.time.Duration;

/** How a command ended, by the guest's own account. */
public sealed interface ExecOutcome {
  /**
   * What the command used, as the guest reports it.
   *
   * @param outOfMemory whether it was killed because the VM's memory had run out
   */
  record Usage(Duration wall, Duration cpu, long peakRssKib, boolean outOfMemory) {}

  Usage usage();

  /** It ended by itself with this status, 0 to 255. */
  record Exited(int status, Usage usage) implements ExecOutcome {}

  /** A signal ended it. */
  record Signalled(int signal, Usage usage) implements ExecOutcome {}

  /** Its time limit ended it, and everything it had started. */
  record TimedOut(Usage usage) implements ExecOutcome {}

  /** The status a shell would show: 128 + signal for a signal, 124 for the time limit. */
  default int shellStatus() {
    return switch (this) {
      case Exited e -> e.status();
      case Signalled s -> 128 + s.signal();
      case TimedOut _ -> 124;
    };
  }
}
