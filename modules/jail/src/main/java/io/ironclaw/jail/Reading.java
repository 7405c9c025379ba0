package io.ironclaw.jail;

import java.util.function.Supplier;

/**
 * What the kernel says of one thing that confines a process.
 *
 * @param item its name
 * @param verdict what that means
 * @param text as it was read, in words; put together when it is asked for
 */
public record Reading(String item, Verdict verdict, Supplier<String> text) {
  /** What a reading means. */
  public enum Verdict {
    /** It is in force. */
    PROVEN,
    /** It is not, and was not meant to be on this host. */
    ABSENT,
    /** It should be, and is not. */
    FAILED
  }

  static Reading proven(String item, Supplier<String> text) {
    return new Reading(item, Verdict.PROVEN, text);
  }

  static Reading absent(String item, String why) {
    return new Reading(item, Verdict.ABSENT, () -> why);
  }

  static Reading failed(String item, String found) {
    return new Reading(item, Verdict.FAILED, () -> found);
  }

  /** One that needs no words unless it fails. */
  static Reading of(String item, boolean holds, Supplier<String> text) {
    return new Reading(item, holds ? Verdict.PROVEN : Verdict.FAILED, text);
  }
}
