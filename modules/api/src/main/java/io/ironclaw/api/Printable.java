package io.ironclaw.api;

import java.util.function.IntPredicate;

/**
 * Makes text from a guest, an image, a server or a user safe to print: what could steer a terminal,
 * or hide and reorder text, is shown as its number, such as {@code \u001b}. Bounded.
 */
public final class Printable {
  private static final int MOST = 8_192;
  private static final int LINE = 300;

  private Printable() {}

  /** One line, of the first 8,192 characters; line breaks are shown as what they are. */
  public static String of(String text) {
    return shown(text, MOST, Printable::isSafe);
  }

  /** The same, but lines stay lines. */
  public static String lines(String text) {
    return shown(text, MOST, c -> c == '\n' || isSafe(c));
  }

  /** Text that may have several lines as one, of its first 300 characters. */
  public static String line(String text) {
    return shown(text.strip().replace('\n', ' ').replace('\r', ' '), LINE, Printable::isSafe);
  }

  /** For what must be ASCII: letters that look alike, too, are shown as what they are. */
  public static String ascii(String text) {
    return shown(text, LINE, c -> c >= ' ' && c < 0x7f);
  }

  private static String shown(String text, int most, IntPredicate isSafe) {
    int end = Math.min(text.length(), most);
    var shown = new StringBuilder(end + 16);
    for (int i = 0; i < end; ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (c == '\t') {
        shown.append(' ');
      } else if (isSafe.test(c)) {
        shown.appendCodePoint(c);
      } else {
        shown.append("\\u%04x".formatted(c));
      }
    }
    return end < text.length() ? shown.append("...").toString() : shown.toString();
  }

  private static boolean isSafe(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
