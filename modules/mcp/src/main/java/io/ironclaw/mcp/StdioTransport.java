package io.ironclaw.mcp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * One JSON-RPC message a line, on two streams (Model Context Protocol 2025-11-25, Transports,
 * stdio). Writes are whole lines, of any thread.
 */
final class StdioTransport {
  /** The longest message taken, in bytes. */
  static final int MAX_LINE = 16 << 20;

  private final LineInput in;
  private final OutputStream out;
  private volatile boolean broken;

  StdioTransport(InputStream in, OutputStream out) {
    this.in = new LineInput(in, MAX_LINE);
    this.out = out;
  }

  /** The next line that is not blank; empty when the client has closed its end, or nobody reads. */
  Optional<LineInput.Line> next() {
    try {
      var line = in.next();
      while (line.orElse(null) instanceof LineInput.Line.Text(String text) && text.isBlank()) {
        line = in.next();
      }
      return line;
    } catch (IOException _) {
      // The client's end is broken: as good as closed.
      return Optional.empty();
    }
  }

  void send(Map<String, Object> message) {
    write(JsonText.write(message).concat("\n").getBytes(StandardCharsets.UTF_8));
  }

  private synchronized void write(byte[] bytes) {
    try {
      if (!broken) {
        out.write(bytes);
        out.flush();
      }
    } catch (IOException _) {
      // Nobody listens; the reader will see the end.
      broken = true;
    }
  }

  /** Whether a write has failed: nobody will read an answer any more. */
  boolean isBroken() {
    return broken;
  }
}
