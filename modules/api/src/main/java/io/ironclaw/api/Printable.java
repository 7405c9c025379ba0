package io.ironclaw.api;

/** Makes text from a guest, an image or a tool safe to print: nothing in it reaches a terminal. */
public final class Printable {
  private static final int LINE = 300;

  private Printable() {}

  /** The text with every control, format and unassigned character as {@code ?}. */
  public static String of(String text) {
    var safe = new StringBuilder(text.length());
    text.codePoints()
        .map(c ->
            switch (Character.getType(c)) {
              case Character.CONTROL,
                  Character.FORMAT,
                  Character.SURROGATE,
                  Character.UNASSIGNED,
                  Character.LINE_SEPARATOR,
                  Character.PARAGRAPH_SEPARATOR ->
                  '?';
              default -> c;
            })
        .forEach(safe::appendCodePoint);
    return safe.toString();
  }

  /**
   * The same of text that may have several lines, as a line of at most 300 characters and "...".
   */
  public static String line(String text) {
    var stripped = text.strip();
    var shown = stripped.length() > LINE ? stripped.substring(0, LINE) + "..." : stripped;
    return of(shown.replace('\n', ' ').replace('\r', ' ').replace('\t', ' '));
  }
}
