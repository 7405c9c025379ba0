package io.ironclaw.api;

import java.io.Serial;

/** The host refused something that IronClaw needs: a folder, a file, a process. */
public final class HostException extends IronClawException {
  @Serial private static final long serialVersionUID = 1L;

  public HostException(String message) {
    super(message);
  }

  public HostException(String message, Throwable cause) {
    super(message, cause);
  }
}
