package io.ironclaw.mcp;

import java.nio.charset.StandardCharsets;

/**
 * What is kept of a stream for a model: its beginning and its end, and a count of what was left out
 * between. Holds at most the bound, whatever is written. For one writer; readers wait for its end.
 */
final class Excerpt {
  private final byte[] head;
  private final byte[] tail;
  private long total;

  /**
   * @param bound bytes kept, half of them from the end
   */
  Excerpt(int bound) {
    head = new byte[bound - bound / 2];
    tail = new byte[bound / 2];
  }

  synchronized void append(byte[] bytes, int length) {
    for (int i = 0; i < length; i++) {
      long at = total++;
      if (at < head.length) {
        head[(int) at] = bytes[i];
      } else {
        tail[(int) ((at - head.length) % tail.length)] = bytes[i];
      }
    }
  }

  /** Bytes written in all. */
  synchronized long total() {
    return total;
  }

  synchronized boolean isCut() {
    return total > head.length + tail.length;
  }

  /** The text; bytes that are no UTF-8 are replaced. */
  synchronized String text() {
    int inHead = (int) Math.min(total, head.length);
    long rest = total - inHead;
    int inTail = (int) Math.min(rest, tail.length);
    var end = new byte[inTail];
    for (int i = 0; i < inTail; i++) {
      end[i] = tail[(int) ((rest - inTail + i) % tail.length)];
    }
    if (!isCut()) {
      var whole = new byte[inHead + inTail];
      System.arraycopy(head, 0, whole, 0, inHead);
      System.arraycopy(end, 0, whole, inHead, inTail);
      return new String(whole, StandardCharsets.UTF_8);
    }
    return new String(head, 0, inHead, StandardCharsets.UTF_8)
        + "\n[... "
        + (rest - inTail)
        + " bytes left out ...]\n"
        + new String(end, StandardCharsets.UTF_8);
  }
}
