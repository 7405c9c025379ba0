package io.ironclaw.jail;

import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Verdict;
import java.util.function.Supplier;

/**
 * What was read of one thing that isolates a machine.
 *
 * @param verdict what that means
 * @param text as it was read, in words; put together when it is asked for
 * @param nanos what the reading took; 0 = not measured by itself
 */
public record Reading(ProofItem item, Verdict verdict, Supplier<String> text, long nanos) {
  /** It is in force. */
  public static Reading proven(ProofItem item, Supplier<String> text) {
    return new Reading(item, Verdict.PROVEN, text, 0);
  }

  /** It is not, and was not meant to be. */
  public static Reading absent(ProofItem item, String why) {
    return new Reading(item, Verdict.ABSENT, () -> why, 0);
  }

  /** It should be, and is not. */
  public static Reading failed(ProofItem item, String found) {
    return new Reading(item, Verdict.FAILED, () -> found, 0);
  }

  /** One that needs no words unless it fails. */
  public static Reading of(ProofItem item, boolean holds, Supplier<String> text) {
    return new Reading(item, holds ? Verdict.PROVEN : Verdict.FAILED, text, 0);
  }

  /** The same, measured. */
  public Reading taking(long time) {
    return new Reading(item, verdict, text, time);
  }
}
