package io.ironclaw.api;

import java.io.Serial;

/** The guest agent could not do what it was asked to; it says why with a Linux errno. */
public final class GuestRefusedException extends GuestException {
  @Serial private static final long serialVersionUID = 1L;

  public static final int ENOENT = 2;
  public static final int EACCES = 13;

  private final int errno;

  public GuestRefusedException(String what, int errno, String why) {
    super(what + ": " + why);
    this.errno = errno;
  }

  /** The Linux error number, 0 if the agent gave none. */
  public int errno() {
    return errno;
  }
}
