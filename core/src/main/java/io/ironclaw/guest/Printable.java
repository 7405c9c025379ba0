package io.ironclaw.guest;

/** Makes text of a guest safe to print: control characters can't reach a terminal. */
public final class Printable {
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
}
