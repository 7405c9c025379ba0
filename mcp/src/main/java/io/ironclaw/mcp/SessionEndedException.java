package io.ironclaw.mcp;

import java.io.Serial;

/** The MCP session is over; nothing can run in it any more. */
public final class SessionEndedException extends McpException {
  @Serial private static final long serialVersionUID = 1L;

  SessionEndedException() {
    super("the MCP session has ended and its VM is gone; start a new session");
  }
}
