package io.ironclaw.audit;

import java.util.List;
import java.util.Map;

/**
 * JSON that is the same text for the same values, and printable ASCII whatever they are: no byte of
 * it does anything to a terminal, ends a line, or changes the order of what is shown.
 */
final class AsciiJson {
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private AsciiJson() {}

  /** An object with its members in the map's order. */
  static void object(StringBuilder to, Map<String, Object> members) {
    to.append('{');
    boolean first = true;
    for (var member : members.entrySet()) {
      if (!first) {
        to.append(',');
      }
      first = false;
      string(to, member.getKey());
      to.append(':');
      value(to, member.getValue());
    }
    to.append('}');
  }

  private static void value(StringBuilder to, Object value) {
    if (value instanceof String text) {
      string(to, text);
    } else if (value instanceof List<?> list) {
      to.append('[');
      boolean first = true;
      for (var item : list) {
        if (!first) {
          to.append(',');
        }
        first = false;
        string(to, String.valueOf(item));
      }
      to.append(']');
    } else {
      // A Long or a Boolean, as AuditEntry has no others.
      to.append(value);
    }
  }

  /** A string in its quotes. */
  static void string(StringBuilder to, String text) {
    to.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        to.append('\\').append(c);
      } else if (c >= ' ' && c < 0x7f) {
        to.append(c);
      } else {
        to.append("\\u")
            .append(HEX[c >> 12])
            .append(HEX[c >> 8 & 0xf])
            .append(HEX[c >> 4 & 0xf])
            .append(HEX[c & 0xf]);
      }
    }
    to.append('"');
  }

  /** What a character takes. */
  private static int cost(char c) {
    return c == '"' || c == '\\' ? 2 : c >= ' ' && c < 0x7f ? 1 : 6;
  }

  /** Its begin, as much as takes at most so many bytes; three dots say that there was more. */
  static String cut(String text, int most) {
    int bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      bytes += cost(text.charAt(i));
      if (bytes > most) {
        int end = i > 0 && Character.isHighSurrogate(text.charAt(i - 1)) ? i - 1 : i;
        return text.substring(0, end) + "...";
      }
    }
    return text;
  }

  /** What a text takes. */
  static int cost(String text) {
    int bytes = 2;
    for (int i = 0; i < text.length(); i++) {
      bytes += cost(text.charAt(i));
    }
    return bytes;
  }
}
