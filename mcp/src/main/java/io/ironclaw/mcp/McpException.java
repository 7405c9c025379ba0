package io.ironclaw.mcp;

import io.ironclaw.host.IronClawException;
import java.io.Serial;

/** What can go wrong in an MCP server or client. */
public abstract sealed class McpException extends IronClawException
    permits WrongArgumentException, SessionEndedException, ProbeException {
  @Serial private static final long serialVersionUID = 1L;

  McpException(String message) {
    super(message);
  }

  McpException(String message, Throwable cause) {
    super(message, cause);
  }
}
