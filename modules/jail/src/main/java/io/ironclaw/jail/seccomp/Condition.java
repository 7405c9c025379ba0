package io.ironclaw.jail.seccomp;

import java.util.OptionalLong;

/**
 * What an argument of a system call must be. All 64 bits are compared.
 *
 * @param argument 0 to 5
 * @param mask which bits are looked at, for {@link Comparison#EQ} alone; empty = all
 */
public record Condition(int argument, Comparison comparison, OptionalLong mask, long value) {
  /** How it is compared; unsigned. */
  public enum Comparison {
    NE(1),
    LT(2),
    LE(3),
    EQ(4),
    GE(5),
    GT(6);

    private final int code;

    Comparison(int code) {
      this.code = code;
    }

    /** As enum scmp_compare of libseccomp. */
    int code() {
      return code;
    }
  }

  public Condition {
    if (argument < 0 || argument > 5) {
      throw new IllegalArgumentException("argument " + argument + ": a call has 0 to 5");
    }
    if (mask.isPresent() && comparison != Comparison.EQ) {
      throw new IllegalArgumentException("a mask goes with eq only, not with " + comparison);
    }
  }
}
