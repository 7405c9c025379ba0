package io.ironclaw.proof;

/**
 * What was read of a control.
 *
 * @param holds whether it shows what the control claims
 * @param found as it was read, in words
 */
public record Evidence(boolean holds, String found) {
  /** Evidence for the claim. */
  public static Evidence shows(String found) {
    return new Evidence(true, found);
  }

  /** Evidence against it, with what to do where something can be done. */
  public static Evidence against(String found) {
    return new Evidence(false, found);
  }
}
