package io.ironclaw.api;

import java.util.Locale;

/** Which system calls a command may make in its guest. What it may not fails with EPERM. */
public enum GuestSeccomp {
  /** What programs need that work on files, processes and sockets, and nothing else. */
  MINIMAL,
  /** All but what only attacks on the guest's kernel need. */
  BASIC,
  /** No filter: the guest's kernel decides. */
  OFF;

  /** As it is written. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
