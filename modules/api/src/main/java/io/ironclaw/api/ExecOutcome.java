package io.ironclaw.api;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** How a command ended, by the guest's own account. */
public sealed interface ExecOutcome {
  /**
   * What the command used, as the guest reports it.
   *
   * @param outOfMemory whether it was killed because the VM's memory had run out
   * @param refused what its filter has refused to it, and how often
   * @param moreRefused whether that is not all: some of its processes still run, or it tried more
   *     kinds of calls than are counted
   */
  record Usage(
      Duration wall,
      Duration cpu,
      long peakRssKib,
      boolean outOfMemory,
      List<Refused> refused,
      boolean moreRefused) {
    public Usage {
      refused = List.copyOf(refused);
    }

    /** One that was refused nothing. */
    public Usage(Duration wall, Duration cpu, long peakRssKib, boolean outOfMemory) {
      this(wall, cpu, peakRssKib, outOfMemory, List.of(), false);
    }

    /** What was refused, in words, such as {@code mount (3 times)}; empty if nothing was. */
    public String refusedText() {
      return Refused.text(refused, moreRefused);
    }
  }

  /** A system call that was refused, by its name, and how often. */
  record Refused(String call, long times) {
    /** All of them in words; empty if there are none. */
    static String text(List<Refused> all, boolean more) {
      return all.stream()
          .map(one -> one.call() + " (" + one.times() + (one.times() == 1 ? " time)" : " times)"))
          .collect(Collectors.joining(", "))
          .concat(more && !all.isEmpty() ? ", and maybe more" : "");
    }
  }

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
