package io.ironclaw.mcp;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Finds the {@code id} of a JSON-RPC message that is too long to be kept: it looks at the bytes as
 * they go by and keeps one short value, the one of the key {@code id} of the outermost object.
 */
final class IdScanner {
  private static final int LONGEST = 256;

  private final byte[] kept = new byte[LONGEST];
  private int length;
  private boolean tooLong;
  private int depth;
  private boolean inString;
  private boolean escaped;
  private boolean isKey = true;
  private boolean ofId;
  private Optional<String> id = Optional.empty();

  void take(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      take(bytes[i]);
    }
  }

  private void take(byte b) {
    if (inString) {
      inString(b);
      return;
    }
    switch (b) {
      case '"' -> {
        inString = true;
        length = 0;
        tooLong = false;
        keep(b);
      }
      case '{', '[' -> {
        depth++;
        isKey = b == '{';
        length = 0;
      }
      case '}', ']' -> {
        endOfValue();
        depth--;
      }
      case ':' -> {
        ofId = depth == 1 && isKey && !tooLong && text().equals("\"id\"");
        isKey = false;
        length = 0;
      }
      case ',' -> {
        endOfValue();
        isKey = depth == 1;
        length = 0;
      }
      case ' ', '\t', '\r' -> {
        // Between values.
      }
      default -> keep(b);
    }
  }

  private void inString(byte b) {
    keep(b);
    if (escaped) {
      escaped = false;
    } else if (b == '\\') {
      escaped = true;
    } else if (b == '"') {
      inString = false;
    }
  }

  private void keep(byte b) {
    // Deeper values are nobody's id.
    if (depth != 1) {
      return;
    }
    if (length == LONGEST) {
      tooLong = true;
    } else {
      kept[length++] = b;
    }
  }

  private void endOfValue() {
    if (depth == 1 && ofId && !isKey && !tooLong && length > 0) {
      id = Optional.of(text());
    }
    if (depth == 1) {
      ofId = false;
    }
  }

  private String text() {
    return new String(kept, 0, length, StandardCharsets.UTF_8);
  }

  /** The id, if there was one that a request may have: a string or a whole number. */
  Optional<Object> id() {
    try {
      return id.isEmpty() ? Optional.empty() : JsonRpc.id(JsonText.parse(id.get()));
    } catch (JsonText.BadJsonException _) {
      return Optional.empty();
    }
  }
}
