package io.ironclaw.api;

import java.io.Serial;

/** The isolation that was demanded can't be had on this host; nothing weaker was started. */
public final class AssuranceException extends VmException {
  @Serial private static final long serialVersionUID = 1L;

  public AssuranceException(String message) {
    super(message);
  }
}
