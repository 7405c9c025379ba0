package io.ironclaw.mcp;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
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

  /**
   * The text for a model.
   *
   * @param text at most so many characters as JSON as were asked for
   * @param cut whether something was left out
   * @param isText false if some bytes were no UTF-8 and stand as U+FFFD
   */
  record Shown(String text, boolean cut, boolean isText) {}

  /** All that is kept. */
  String text() {
    return shown(Integer.MAX_VALUE).text();
  }

  /**
   * The beginning and the end, as much of them as fits.
   *
   * @param most characters as JSON, 200 or more
   */
  synchronized Shown shown(int most) {
    byte[] begin = kept(head, Math.min(total, head.length), 0);
    long rest = total - begin.length;
    byte[] end = kept(tail, Math.min(rest, tail.length), rest);
    boolean whole = begin.length + end.length == total;
    if (whole) {
      byte[] all = java.util.Arrays.copyOf(begin, begin.length + end.length);
      System.arraycopy(end, 0, all, begin.length, end.length);
      String text = decoded(all, 0, all.length);
      if (JsonText.length(text) <= most) {
        return new Shown(text, false, isText(all, 0, all.length));
      }
      begin = java.util.Arrays.copyOf(all, all.length / 2);
      end = java.util.Arrays.copyOfRange(all, all.length / 2, all.length);
    }
    int half = most == Integer.MAX_VALUE ? most : (most - 80) / 2;
    int first = Fitting.fittingPrefix(begin, half);
    int last = Fitting.fittingSuffix(end, half);
    String text =
        decoded(begin, 0, first)
            + "\n[... "
            + (total - first - (end.length - last))
            + " bytes left out ...]\n"
            + decoded(end, last, end.length - last);
    return new Shown(text, true, isText(begin, 0, first) && isText(end, last, end.length - last));
  }

  private static byte[] kept(byte[] ring, long count, long written) {
    var bytes = new byte[(int) count];
    for (int i = 0; i < count; i++) {
      bytes[i] = ring[(int) ((Math.max(written, count) - count + i) % ring.length)];
    }
    return bytes;
  }

  private static String decoded(byte[] bytes, int from, int length) {
    return new String(bytes, from, length, StandardCharsets.UTF_8);
  }

  private static boolean isText(byte[] bytes, int from, int length) {
    try {
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes, from, length));
      return true;
    } catch (CharacterCodingException _) {
      return false;
    }
  }
}
