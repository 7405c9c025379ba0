package io.ironclaw.api;

import java.util.Locale;

/** What was read of one thing that isolates a VM comes to. */
public enum Verdict {
  /** It is in force. */
  PROVEN,
  /** It is not, or can't be read here, and was not meant to be on this host. */
  ABSENT,
  /** It should be, and is not. */
  FAILED;

  /** As it is written. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
