package io.ironclaw.mcp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * The lines of a peer's output, with a bound on each, so that a peer that never ends a line can't
 * fill the memory. For one thread.
 */
final class InputLines {
  /** What the peer sent. */
  sealed interface Line {
    /** A line without its end. */
    record Whole(byte[] bytes) implements Line {}

    /**
     * A line longer than the bound.
     *
     * @param content all of it, as a stream; valid until the next line is asked for
     */
    record TooLong(InputStream content) implements Line {}

    /** The peer has closed its end; a last line without an end is not a line. */
    record End() implements Line {}
  }

  private static final int BUFFER = 64 << 10;

  private final InputStream in;
  private final int most;
  private final byte[] buffer = new byte[BUFFER];
  private int position;
  private int limit;
  private boolean inLongLine;

  /**
   * @param most bytes in a line at most, its end not counted
   */
  InputLines(InputStream in, int most) {
    this.in = in;
    this.most = most;
  }

  /** Waits for the next line. */
  Line next() throws IOException {
    while (inLongLine && !skipToLineEnd()) {
      if (!fill()) {
        return new Line.End();
      }
    }
    var line = new ByteArrayOutputStream(512);
    while (true) {
      if (position == limit && !fill()) {
        return new Line.End();
      }
      int end = lineEnd();
      int length = end - position;
      if (line.size() + length > most) {
        inLongLine = true;
        return new Line.TooLong(new LongLine(line.toByteArray()));
      }
      line.write(buffer, position, length);
      position = end;
      if (end < limit) {
        position++;
        return new Line.Whole(line.toByteArray());
      }
    }
  }

  /** Moves behind the line's end if it is in the buffer. */
  private boolean skipToLineEnd() {
    int end = lineEnd();
    if (end == limit) {
      return false;
    }
    position = end + 1;
    inLongLine = false;
    return true;
  }

  private int lineEnd() {
    int end = position;
    while (end < limit && buffer[end] != '\n') {
      end++;
    }
    return end;
  }

  private boolean fill() throws IOException {
    position = 0;
    limit = 0;
    int n = in.read(buffer, 0, buffer.length);
    if (n <= 0) {
      return false;
    }
    limit = n;
    return true;
  }

  /** What was read of a line that is too long, then the rest of it. */
  private final class LongLine extends InputStream {
    private final byte[] start;
    private int given;

    LongLine(byte[] start) {
      this.start = start;
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (given < start.length) {
        int n = Math.min(length, start.length - given);
        System.arraycopy(start, given, to, offset, n);
        given += n;
        return n;
      }
      if (!inLongLine || position == limit && !fill()) {
        return -1;
      }
      int n = Math.min(length, lineEnd() - position);
      if (n == 0) {
        skipToLineEnd();
        return -1;
      }
      System.arraycopy(buffer, position, to, offset, n);
      position += n;
      return n;
    }
  }
}
