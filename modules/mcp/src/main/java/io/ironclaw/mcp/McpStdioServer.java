package io.ironclaw.mcp;

import io.ironclaw.api.AuditTrail;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.tool.Session;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;

/** The MCP server on stdin and stdout: one client, one session, one VM. */
public final class McpStdioServer {
  /** What calls that still run may take when the client has closed its end. */
  private static final Duration DRAIN = Duration.ofSeconds(5);

  private McpStdioServer() {}

  /**
   * What a server tells its clients about itself.
   *
   * @param version of IronClaw
   * @param isolation a sentence on what is between its VMs and this host, if it is known by now
   * @param initialized the protocol version that was agreed on with a client that was answered
   *     before this process began
   */
  public record Description(
      String version, Optional<String> isolation, Optional<String> initialized) {}

  /**
   * What happens, for whoever looks.
   *
   * @param trail what has happened in this session, to be told to its client
   * @param events takes what happens in this protocol
   */
  public record Witness(AuditTrail trail, EventSink events) {
    /** Nobody looks. */
    public static final Witness NONE = new Witness(AuditTrail.none(), EventSink.none());
  }

  /**
   * Serves until the client closes its end; blocks. What runs then has 5 s to end; the session's VM
   * is closed when this returns, and a VM that is just being made is not waited for.
   *
   * @param seccomp which system calls commands may make
   * @param session what its tools work in; closed when this returns
   * @param witness of what happens
   * @param out takes protocol bytes and nothing else
   */
  public static void serve(
      Session session,
      GuestSeccomp seccomp,
      Description description,
      Witness witness,
      InputStream in,
      OutputStream out) {
    var transport = new StdioTransport(in, out);
    try (session) {
      var protocol =
          new Protocol(
              transport,
              new ToolCalls(session, seccomp, witness.trail()),
              new Resources(witness.trail()),
              witness.events(),
              description);
      var line = transport.next();
      while (line.isPresent() && !transport.isBroken()) {
        protocol.take(line.get());
        line = transport.next();
      }
      protocol.end(transport.isBroken() ? Duration.ZERO : DRAIN);
    }
  }
}
