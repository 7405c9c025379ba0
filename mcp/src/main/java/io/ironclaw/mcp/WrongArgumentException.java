package io.ironclaw.mcp;

import java.io.Serial;

/** A tool call's argument breaks the tool's schema. */
public final class WrongArgumentException extends McpException {
  @Serial private static final long serialVersionUID = 1L;

  WrongArgumentException(String message) {
    super(message);
  }

  static WrongArgumentException value(String name, String value, String allowed) {
    return new WrongArgumentException(
        "argument \"" + name + "\" is " + value + ", allowed: " + allowed);
  }
}
