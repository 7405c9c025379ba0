package io.ironclaw.mcp;

import io.ironclaw.api.IronClawException;
import java.io.Serial;

/** What another MCP server did wrong: in which phase, and what it said on stderr last. */
public abstract sealed class McpPeerException extends IronClawException {
  @Serial private static final long serialVersionUID = 1L;

  private McpPeerException(String message) {
    super(message);
  }

  private static String told(String phase, String what, String stderr) {
    return "MCP server, "
        + phase
        + ": "
        + what
        + (stderr.isEmpty() ? "; it said nothing on stderr" : "; its stderr ends with:\n" + stderr);
  }

  /** The program can't be started. */
  public static final class NotStarted extends McpPeerException {
    @Serial private static final long serialVersionUID = 1L;

    NotStarted(String command, String why) {
      super("MCP server can't be started: " + command + ": " + why + "; check the command");
    }
  }

  /** It ended, or closed its stdout. */
  public static final class Ended extends McpPeerException {
    @Serial private static final long serialVersionUID = 1L;

    Ended(String phase, String how, String stderr) {
      super(told(phase, how, stderr));
    }
  }

  /** It did not answer in time. */
  public static final class Silent extends McpPeerException {
    @Serial private static final long serialVersionUID = 1L;

    Silent(String phase, long millis, String stderr) {
      super(told(phase, "no answer within " + millis + " ms", stderr));
    }
  }

  /** It sent something that the protocol does not allow. */
  public static final class Violation extends McpPeerException {
    @Serial private static final long serialVersionUID = 1L;

    Violation(String phase, String what, String stderr) {
      super(told(phase, what, stderr));
    }
  }

  /** It answered with an error. */
  public static final class Refused extends McpPeerException {
    @Serial private static final long serialVersionUID = 1L;

    Refused(String phase, String error, String stderr) {
      super(told(phase, "it answered with an error: " + error, stderr));
    }
  }
}
