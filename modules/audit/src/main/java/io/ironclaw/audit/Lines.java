package io.ironclaw.audit;

import java.io.IOException;
import java.io.InputStream;

/** The lines of a file, each in a buffer that they share, and bounded. For one thread. */
final class Lines {
  private final InputStream in;
  private final byte[] buffer = new byte[4 * Line.MOST_BYTES];
  private int from;
  private int to;
  private int next;
  private int filled;

  Lines(InputStream in) {
    this.in = in;
  }

  /** What a file goes on with. */
  enum What {
    LINE,
    /** Bytes without the end of a line: the last ones, or more than a line has. */
    PART,
    END
  }

  /** Goes on; what it found is from {@link #from} to {@link #to} of {@link #bytes}. */
  What next() throws IOException {
    from = next;
    int at = from;
    while (true) {
      for (; at < filled; at++) {
        if (buffer[at] == '\n') {
          to = at;
          next = at + 1;
          return What.LINE;
        }
      }
      if (at - from > Line.MOST_BYTES) {
        return part(at);
      }
      System.arraycopy(buffer, from, buffer, 0, filled - from);
      filled -= from;
      at -= from;
      from = 0;
      int read = in.read(buffer, filled, buffer.length - filled);
      if (read < 0) {
        return filled > 0 ? part(filled) : What.END;
      }
      filled += read;
    }
  }

  private What part(int end) {
    to = end;
    next = end;
    return What.PART;
  }

  byte[] bytes() {
    return buffer;
  }

  int from() {
    return from;
  }

  /** After its last byte. */
  int to() {
    return to;
  }
}
