package io.ironclaw.tool;

/** Hears of a call's progress. Safe for many threads. */
@FunctionalInterface
public interface Progress {
  /** Nobody asked. */
  Progress NONE = (_, _) -> {};

  /**
   * Says how far it is.
   *
   * @param amount grows
   * @param message for a person
   */
  void report(double amount, String message);
}
