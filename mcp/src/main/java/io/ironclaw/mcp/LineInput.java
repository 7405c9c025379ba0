package io.ironclaw.mcp;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Lines of a peer, each of bounded length; a longer one is skipped whole and reported. */
final class LineInput {
  private final InputStream in;
  private final int bound;
  private byte[] buffer = new byte[8_192];
  private int start;
  private int end;

  LineInput(InputStream in, int bound) {
    this.in = in;
    this.bound = bound;
  }

  /** A line that is longer than the bound. */
  static final class TooLongException extends IOException {
    private static final long serialVersionUID = 1L;

    TooLongException(int bound) {
      super("a line of over " + bound + " bytes");
    }
  }

  /**
   * The next line without its end; empty at the end of the stream. An unfinished last line counts.
   *
   * @throws TooLongException if the line is too long; the next call gives the one after it
   */
  Optional<String> next() throws IOException {
    int scanned = start;
    boolean skipping = false;
    while (true) {
      for (int i = scanned; i < end; i++) {
        if (buffer[i] == '\n') {
          int from = start;
          start = i + 1;
          if (skipping) {
            throw new TooLongException(bound);
          }
          int length = i > from && buffer[i - 1] == '\r' ? i - from - 1 : i - from;
          return Optional.of(new String(buffer, from, length, StandardCharsets.UTF_8));
        }
      }
      if (end - start > bound) {
        skipping = true;
        start = end;
      }
      makeRoom();
      scanned = end;
      int n = in.read(buffer, end, buffer.length - end);
      if (n < 0) {
        int from = start;
        start = end;
        return end > from
            ? Optional.of(new String(buffer, from, end - from, StandardCharsets.UTF_8))
            : Optional.empty();
      }
      end += n;
    }
  }

  private void makeRoom() {
    int length = end - start;
    if (end < buffer.length) {
      return;
    }
    var target = length > buffer.length / 2 ? new byte[buffer.length * 2] : buffer;
    System.arraycopy(buffer, start, target, 0, length);
    buffer = target;
    start = 0;
    end = length;
  }
}
