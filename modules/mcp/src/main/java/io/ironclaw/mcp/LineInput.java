package io.ironclaw.mcp;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Lines of a peer, each of bounded length; a longer one is skipped whole and reported. */
final class LineInput {
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private final InputStream in;
  private final int bound;
  private byte[] buffer = new byte[8_192];
  private int start;
  private int end;
  private boolean first = true;

  LineInput(InputStream in, int bound) {
    this.in = in;
    this.bound = bound;
  }

  /** What a line turned out to be. */
  sealed interface Line {
    /** Text without its end. */
    record Text(String text) implements Line {}

    /** Bytes that are no UTF-8. */
    record NoText() implements Line {}

    /** More than the bound, and the JSON-RPC id in it. */
    record TooLong(int bound, Optional<Object> id) implements Line {}
  }

  /** The next line; empty at the end of the stream. An unfinished last line counts. */
  Optional<Line> next() throws IOException {
    int scanned = start;
    Optional<IdScanner> skipping = Optional.empty();
    while (true) {
      for (int i = scanned; i < end; i++) {
        if (buffer[i] == '\n') {
          int from = start;
          start = i + 1;
          return Optional.of(line(skipping, from, i));
        }
      }
      if (end - start > bound || skipping.isPresent()) {
        var scanner = skipping.orElseGet(IdScanner::new);
        scanner.take(buffer, start, end);
        skipping = Optional.of(scanner);
        start = end;
      }
      makeRoom();
      scanned = end;
      int n = in.read(buffer, end, buffer.length - end);
      if (n < 0) {
        int from = start;
        start = end;
        return end > from || skipping.isPresent()
            ? Optional.of(line(skipping, from, end))
            : Optional.empty();
      }
      end += n;
    }
  }

  private Line line(Optional<IdScanner> skipping, int from, int to) {
    if (skipping.isPresent() || to - from > bound) {
      var scanner = skipping.orElseGet(IdScanner::new);
      scanner.take(buffer, from, to);
      return new Line.TooLong(bound, scanner.id());
    }
    int begin = from;
    if (first && startsWithMark(from, to)) {
      begin += BYTE_ORDER_MARK.length;
    }
    first = false;
    int length = to > begin && buffer[to - 1] == '\r' ? to - begin - 1 : to - begin;
    try {
      var bytes = ByteBuffer.wrap(buffer, begin, length);
      return new Line.Text(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
    } catch (CharacterCodingException _) {
      return new Line.NoText();
    }
  }

  private boolean startsWithMark(int from, int to) {
    return java.util.Arrays.equals(
        buffer,
        from,
        Math.min(to, from + BYTE_ORDER_MARK.length),
        BYTE_ORDER_MARK,
        0,
        BYTE_ORDER_MARK.length);
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
