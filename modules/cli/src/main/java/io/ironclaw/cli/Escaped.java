package io.ironclaw.cli;

/**
 * Text from guests, servers and files, made fit for a terminal: control characters, which could
 * move the cursor or retitle the window, and characters that reorder text are shown as escapes.
 */
final class Escaped {
  private static final int MOST_CHARACTERS = 8_192;

  private Escaped() {}

  /** One line. */
  static String line(String text) {
    return escape(text, false);
  }

  /** Lines; each but the first is indented, so that none can pose as a message of ours. */
  static String lines(String text) {
    return escape(text, true);
  }

  /** A stack trace: its line breaks and indentation stay. */
  static String trace(String text) {
    return escape(text, true) + "\n";
  }

  private static String escape(String text, boolean keepLines) {
    int end = Math.min(text.length(), MOST_CHARACTERS);
    var shown = new StringBuilder(end + 16);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (c == '\n' && keepLines) {
        shown.append("\n  ");
      } else if (c == '\t') {
        shown.append(' ');
      } else if (isUnsafe(c)) {
        hex(shown, c);
      } else {
        shown.append(c);
      }
    }
    if (end < text.length()) {
      shown.append("...");
    }
    return shown.toString();
  }

  private static boolean isUnsafe(char c) {
    return c < ' '
        || (c >= 0x7f && c <= 0x9f)
        || (c >= 0x200b && c <= 0x200f)
        || (c >= 0x2028 && c <= 0x202e)
        || (c >= 0x2060 && c <= 0x206f)
        || c == 0xfeff;
  }

  private static void hex(StringBuilder to, char c) {
    to.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) {
      to.append(Character.forDigit(c >> shift & 0xf, 16));
    }
  }
}
