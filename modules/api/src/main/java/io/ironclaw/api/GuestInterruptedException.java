package io.ironclaw.api;

import java.io.Serial;

/** The thread that waited for a guest was interrupted; what it waited for is given up. */
public final class GuestInterruptedException extends GuestException {
  @Serial private static final long serialVersionUID = 1L;

  public GuestInterruptedException(String waitedFor) {
    super("interrupted while waiting for " + waitedFor);
  }
}
