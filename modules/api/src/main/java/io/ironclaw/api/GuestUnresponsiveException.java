package io.ironclaw.api;

import java.io.Serial;
import java.time.Duration;

/** The guest agent did not answer in time. */
public final class GuestUnresponsiveException extends GuestException {
  @Serial private static final long serialVersionUID = 1L;

  public GuestUnresponsiveException(String waitedFor, Duration deadline) {
    super(
        "guest agent did not answer: no "
            + waitedFor
            + " within "
            + deadline.toMillis()
            + " ms; the VM hangs or is overloaded, close it and open another");
  }
}
