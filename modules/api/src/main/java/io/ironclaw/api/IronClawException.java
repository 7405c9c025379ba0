package io.ironclaw.api;

import java.io.Serial;

/**
 * The root of every error that IronClaw reports: one line that says what happened, to what, and
 * what to do about it. Each package seals its own branch of it.
 */
public abstract class IronClawException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  protected IronClawException(String message) {
    super(message);
  }

  protected IronClawException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The message, never null: safe to print as one line. */
  @Override
  public final String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
