package io.ironclaw.vm;

import java.io.Serial;

/** A VM did not come up; the message ends with what its console said last. */
public final class VmStartException extends VmException {
  @Serial private static final long serialVersionUID = 1L;

  public VmStartException(String message) {
    super(message);
  }

  public VmStartException(String message, Throwable cause) {
    super(message, cause);
  }
}
