package io.ironclaw.image;

/** Makes text from outside fit for one line of an error message. */
final class Printable {
  private static final int SHOWN = 300;

  private Printable() {}

  /** At most 300 characters, without line breaks and control characters. */
  static String of(String text) {
    var shown = new StringBuilder();
    var stripped = text.strip();
    for (int i = 0; i < Math.min(SHOWN, stripped.length()); i++) {
      char c = stripped.charAt(i);
      if (c == '\n' || c == '\r' || c == '\t') {
        shown.append(' ');
      } else if (Character.isISOControl(c)) {
        shown.append(String.format("\\u%04x", (int) c));
      } else {
        shown.append(c);
      }
    }
    return stripped.length() > SHOWN ? shown + "..." : shown.toString();
  }
}
