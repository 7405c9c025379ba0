package io.ironclaw.api;

import java.io.Serial;

/** What can go wrong between the host and a guest agent. */
public abstract sealed class GuestException extends IronClawException
    permits ProtocolException,
        GuestGoneException,
        GuestInterruptedException,
        GuestUnresponsiveException,
        GuestRefusedException {
  @Serial private static final long serialVersionUID = 1L;

  GuestException(String message) {
    super(message);
  }
}
