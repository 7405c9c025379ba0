package io.ironclaw.tool;

/** Where UTF-8 can be cut: between characters (RFC 3629, section 3). */
public final class Utf8 {
  /** Continuation bytes of the longest character. */
  public static final int MOST_CONTINUATIONS = 3;

  private Utf8() {}

  /** Whether a byte goes on with a character. */
  public static boolean isContinuation(byte b) {
    return (b & 0xc0) == 0x80;
  }

  /** The length of a whole number of characters, at most {@code length}. */
  public static int wholeCharacters(byte[] bytes, int length) {
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
}
