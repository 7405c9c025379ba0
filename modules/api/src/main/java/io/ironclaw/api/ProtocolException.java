package io.ironclaw.api;

import java.io.Serial;

/** The guest sent bytes that the protocol forbids. The connection is over, and so is the VM. */
public final class ProtocolException extends GuestException {
  @Serial private static final long serialVersionUID = 1L;

  public ProtocolException(String message) {
    super(message + "; the VM is destroyed, as its agent can't be trusted any more");
  }

  public static ProtocolException field(String field, String value, String allowed) {
    return new ProtocolException(
        "guest broke the protocol: " + field + " is " + value + ", allowed: " + allowed);
  }
}
