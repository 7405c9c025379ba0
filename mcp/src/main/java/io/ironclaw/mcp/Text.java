package io.ironclaw.mcp;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** Bytes and texts of the guest, made fit for a model or a terminal. */
final class Text {
  private Text() {}

  /** One line of printable characters, at most {@code most} of them. */
  static String printable(String text, int most) {
    var shown = new StringBuilder();
    for (int i = 0; i < text.length() && shown.length() < most; i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\n' -> shown.append("\\n");
        case '\t' -> shown.append("\\t");
        case char _ when Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ->
            shown.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
        default -> shown.append(c);
      }
    }
    return shown.length() >= most ? shown.substring(0, most) + "..." : shown.toString();
  }

  /** The text if the bytes are UTF-8 without a NUL; empty for anything binary. */
  static Optional<String> utf8(ByteBuffer bytes) {
    for (int i = bytes.position(); i < bytes.limit(); i++) {
      if (bytes.get(i) == 0) {
        return Optional.empty();
      }
    }
    try {
      CharBuffer decoded =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(bytes.duplicate());
      return Optional.of(decoded.toString());
    } catch (CharacterCodingException _) {
      return Optional.empty();
    }
  }

  /** How many bytes at the start belong to a character that began before, 0 to 3. */
  static int brokenStart(byte[] bytes) {
    int n = 0;
    while (n < 3 && n < bytes.length && (bytes[n] & 0xc0) == 0x80) {
      n++;
    }
    return n;
  }

  /** How many bytes at the end are the start of a character that goes on behind it, 0 to 3. */
  static int brokenEnd(byte[] bytes, int length) {
    for (int n = 1; n <= 3 && n <= length; n++) {
      int b = bytes[length - n] & 0xff;
      if ((b & 0xc0) == 0x80) {
        continue;
      }
      int needed = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : b >= 0xc0 ? 2 : 1;
      return needed > n ? n : 0;
    }
    return 0;
  }

  /** A time for people: {@code 12 ms}, {@code 3.4 s}. */
  static String time(Duration time) {
    long millis = time.toMillis();
    return millis < 1_000 ? millis + " ms" : String.format(Locale.ROOT, "%.1f s", millis / 1e3);
  }
}
