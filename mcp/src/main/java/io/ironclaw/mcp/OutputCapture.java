package io.ironclaw.mcp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a command wrote, as much of it as a model gets: the first and the last part, and a count of
 * what was left out between them. For one thread.
 */
final class OutputCapture {
  private final byte[] head;
  private final byte[] tail;
  private long total;

  /**
   * @param most bytes kept at most, half of them from the start
   */
  OutputCapture(int most) {
    head = new byte[most / 2];
    tail = new byte[most - most / 2];
  }

  void add(byte[] bytes, int offset, int length) {
    int at = offset;
    int left = length;
    if (total < head.length) {
      int n = (int) Math.min(left, head.length - total);
      System.arraycopy(bytes, at, head, (int) total, n);
      total += n;
      at += n;
      left -= n;
    }
    if (left > tail.length) {
      total += left - tail.length;
      at += left - tail.length;
      left = tail.length;
    }
    while (left > 0) {
      int index = (int) ((total - head.length) % tail.length);
      int n = Math.min(left, tail.length - index);
      System.arraycopy(bytes, at, tail, index, n);
      total += n;
      at += n;
      left -= n;
    }
  }

  /** Bytes that the command wrote. */
  long total() {
    return total;
  }

  /** Bytes that {@link #text} leaves out. */
  long leftOut() {
    return parts().leftOut();
  }

  /** The output; what is not UTF-8 is replaced. */
  String text() {
    var parts = parts();
    var start = new String(parts.start(), StandardCharsets.UTF_8);
    var end = new String(parts.end(), StandardCharsets.UTF_8);
    return parts.leftOut() == 0
        ? new String(join(parts.start(), parts.end()), StandardCharsets.UTF_8)
        : start + "\n[... " + parts.leftOut() + " bytes left out ...]\n" + end;
  }

  private record Parts(byte[] start, byte[] end, long leftOut) {}

  private Parts parts() {
    int first = (int) Math.min(total, head.length);
    int last = (int) Math.min(total - first, tail.length);
    var end = new byte[last];
    long from = total - last;
    for (int i = 0; i < last; i++) {
      end[i] = tail[(int) ((from + i - head.length) % tail.length)];
    }
    if (total == first + last) {
      return new Parts(Arrays.copyOf(head, first), end, 0);
    }
    // A character that is cut in two is left out as a whole.
    int cutBefore = Text.brokenEnd(head, first);
    int cutAfter = Text.brokenStart(end);
    return new Parts(
        Arrays.copyOf(head, first - cutBefore),
        Arrays.copyOfRange(end, cutAfter, last),
        total - first - last + cutBefore + cutAfter);
  }

  private static byte[] join(byte[] a, byte[] b) {
    byte[] joined = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, joined, a.length, b.length);
    return joined;
  }
}
