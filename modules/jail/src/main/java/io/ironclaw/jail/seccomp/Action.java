package io.ironclaw.jail.seccomp;

/** What happens on a system call (seccomp(2), filter return values). */
public sealed interface Action {
  /** The filter's return value. */
  int value();

  /** The actions that are one word. */
  enum Simple implements Action {
    ALLOW(0x7fff_0000),
    /** It passes, and the kernel notes it. */
    LOG(0x7ffc_0000),
    /** The thread gets SIGSYS. */
    TRAP(0x0003_0000),
    KILL_THREAD(0),
    KILL_PROCESS(0x8000_0000);

    private final int value;

    Simple(int value) {
      this.value = value;
    }

    @Override
    public int value() {
      return value;
    }
  }

  /**
   * Whoever listens to the filter answers it: what a policy that counts makes of a failure. No
   * policy is written so.
   */
  record Counted() implements Action {
    @Override
    public int value() {
      return 0x7fc0_0000;
    }
  }

  /**
   * The call fails.
   *
   * @param number the error, 1 to 4095
   */
  record Fail(int number) implements Action {
    public Fail {
      if (number < 1 || number > 4_095) {
        throw new IllegalArgumentException("errno " + number + ": use 1 to 4095");
      }
    }

    @Override
    public int value() {
      return 0x0005_0000 | number;
    }
  }
}
