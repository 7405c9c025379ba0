package io.ironclaw.api;

import java.io.Serial;

/** A template can't be built, read or trusted. */
public final class TemplateException extends VmException {
  @Serial private static final long serialVersionUID = 1L;

  public TemplateException(String message) {
    super(message);
  }

  public TemplateException(String message, Throwable cause) {
    super(message, cause);
  }
}
