package io.ironclaw.mcp;

import io.ironclaw.tool.Utf8;

/** What part of UTF-8 fits as JSON, cut between characters. */
final class Fitting {
  private Fitting() {}

  /** How many bytes from the beginning fit in {@code most} characters of JSON. */
  static int fittingPrefix(byte[] bytes, int most) {
    int taken = 0;
    int at = 0;
    while (at < bytes.length) {
      int cost = cost(bytes[at]);
      if (taken + cost > most) {
        break;
      }
      taken += cost;
      at++;
    }
    return Utf8.wholeCharacters(bytes, at);
  }

  /** The first of the bytes at the end that fit in {@code most} characters of JSON. */
  static int fittingSuffix(byte[] bytes, int most) {
    int taken = 0;
    int at = bytes.length;
    while (at > 0) {
      int cost = cost(bytes[at - 1]);
      if (taken + cost > most) {
        break;
      }
      taken += cost;
      at--;
    }
    int start = at;
    while (start < bytes.length
        && start - at < Utf8.MOST_CONTINUATIONS
        && Utf8.isContinuation(bytes[start])) {
      start++;
    }
    return start;
  }

  /**
   * At most, of a byte; U+2028, U+2029 and U+0085 are the characters that take more than they have.
   */
  private static int cost(byte b) {
    return switch (b & 0xff) {
      case 0xa8, 0xa9, 0x85 -> 6;
      default -> b >= 0 ? JsonText.length((char) b) : 1;
    };
  }
}
