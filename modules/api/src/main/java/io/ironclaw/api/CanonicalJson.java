package io.ironclaw.api;

/**
 * Writes JSON of which the same values are the same text (RFC 8785): whoever uses it names the
 * properties of an object in their order. Texts are printable ones, numbers whole and below 2^53.
 */
final class CanonicalJson {
  private final StringBuilder text = new StringBuilder(8_192);
  private boolean first = true;

  CanonicalJson begin() {
    comma();
    text.append('{');
    first = true;
    return this;
  }

  CanonicalJson end() {
    text.append('}');
    first = false;
    return this;
  }

  CanonicalJson object(String name) {
    name(name);
    text.append('{');
    first = true;
    return this;
  }

  /** A string in an array. */
  CanonicalJson item(String value) {
    comma();
    quoted(value);
    return this;
  }

  CanonicalJson array(String name) {
    name(name);
    text.append('[');
    first = true;
    return this;
  }

  CanonicalJson endArray() {
    text.append(']');
    first = false;
    return this;
  }

  CanonicalJson text(String name, String value) {
    name(name);
    quoted(value);
    return this;
  }

  CanonicalJson number(String name, long value) {
    name(name);
    text.append(value);
    return this;
  }

  private void name(String name) {
    comma();
    quoted(name);
    text.append(':');
  }

  private void comma() {
    if (!first) {
      text.append(',');
    }
    first = false;
  }

  private void quoted(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < ' ') {
        throw new IllegalArgumentException("a control character in a text that is canonical");
      }
      if (c == '"' || c == '\\') {
        text.append('\\');
      }
      text.append(c);
    }
    text.append('"');
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
