package io.ironclaw.proof;

import java.util.function.Supplier;

/**
 * What was read of a control.
 *
 * @param holds whether it shows what the control claims
 * @param text as it was read, in words; put together when it is asked for
 */
public record Evidence(boolean holds, Supplier<String> text) {
  /** Evidence for the claim. */
  public static Evidence shows(Supplier<String> found) {
    return new Evidence(true, found);
  }

  /** Evidence against it, with what to do where something can be done. */
  public static Evidence against(String found) {
    return new Evidence(false, () -> found);
  }

  public String found() {
    return text.get();
  }
}
