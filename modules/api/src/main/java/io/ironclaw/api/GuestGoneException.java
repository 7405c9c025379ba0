package io.ironclaw.api;

import java.io.Serial;

/** The connection to the guest ended: the guest crashed, powered off, or the VM was closed. */
public final class GuestGoneException extends GuestException {
  @Serial private static final long serialVersionUID = 1L;

  public GuestGoneException(String why) {
    super("VM is gone: " + why);
  }
}
