package io.ironclaw.mcp;

/** Where UTF-8 can be cut: between characters, and so that a part fits as JSON. */
final class Utf8 {
  private static final int CONTINUATION = 0x80;
  private static final int CONTINUATION_MASK = 0xc0;

  /** Continuation bytes of the longest character. */
  private static final int MOST_CONTINUATIONS = 3;

  private Utf8() {}

  private static boolean isContinuation(byte b) {
    return (b & CONTINUATION_MASK) == CONTINUATION;
  }

  /** The length of a whole number of characters, at most {@code length}. */
  static int wholeCharacters(byte[] bytes, int length) {
    for (int back = 1; back <= Math.min(MOST_CONTINUATIONS + 1, length); back++) {
      byte b = bytes[length - back];
      if (!isContinuation(b)) {
        return expected(b) > back ? length - back : length;
      }
    }
    return length;
  }

  private static int expected(byte lead) {
    int b = lead & 0xff;
    return b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : b >= 0xc0 ? 2 : 1;
  }

  /** How many bytes from the beginning fit in {@code most} characters of JSON. */
  static int fittingPrefix(byte[] bytes, int most) {
    int taken = 0;
    int at = 0;
    while (at < bytes.length) {
      int cost = cost(bytes[at]);
      if (taken + cost > most) {
        break;
      }
      taken += cost;
      at++;
    }
    return wholeCharacters(bytes, at);
  }

  /** The first of the bytes at the end that fit in {@code most} characters of JSON. */
  static int fittingSuffix(byte[] bytes, int most) {
    int taken = 0;
    int at = bytes.length;
    while (at > 0) {
      int cost = cost(bytes[at - 1]);
      if (taken + cost > most) {
        break;
      }
      taken += cost;
      at--;
    }
    int start = at;
    while (start < bytes.length
        && start - at < MOST_CONTINUATIONS
        && isContinuation(bytes[start])) {
      start++;
    }
    return start;
  }

  /**
   * At most, of a byte; U+2028, U+2029 and U+0085 are the characters that take more than they have.
   */
  private static int cost(byte b) {
    return switch (b & 0xff) {
      case 0xa8, 0xa9, 0x85 -> 6;
      default -> b >= 0 ? JsonText.length((char) b) : 1;
    };
  }
}
