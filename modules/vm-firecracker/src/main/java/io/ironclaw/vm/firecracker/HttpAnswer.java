package io.ironclaw.vm.firecracker;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * An answer of Firecracker's API server, as far as it writes them: HTTP/1.1 (RFC 9112) with an
 * empty reason, a Content-Length or no body, never chunked. Everything else is an error: whoever
 * writes may be the guest.
 */
record HttpAnswer(int status, String body) {
  private static final int MOST_HEAD = 4_096;
  private static final int MOST_BODY = 256 << 10;
  private static final String BEGIN = "HTTP/1.1 ";
  private static final int STATUS_DIGITS = 3;
  private static final int CONTINUE = 100;
  private static final int MOST_STATUS = 599;
  private static final int NO_CONTENT = 204;

  /** Whether what was asked for was done. */
  boolean isGood() {
    return status == 200 || status == NO_CONTENT;
  }

  /**
   * Reads one, and nothing of the next.
   *
   * @throws EOFException if it ends before the first byte
   */
  static HttpAnswer read(InputStream from) throws IOException {
    String head = head(from);
    String[] lines = head.split("\r\n", -1);
    int status = status(lines[0]);
    int length = 0;
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon < 1) {
        throw new IOException("a header without a name");
      }
      String name = lines[i].substring(0, colon).toLowerCase(Locale.ROOT);
      String value = lines[i].substring(colon + 1).strip();
      if (name.equals("transfer-encoding")) {
        throw new IOException("an answer in the transfer encoding " + value);
      }
      if (name.equals("content-length")) {
        length = length(value);
      }
    }
    byte[] body = from.readNBytes(length);
    if (body.length < length) {
      throw new IOException("an answer of " + body.length + " bytes that has " + length);
    }
    return new HttpAnswer(status, new String(body, StandardCharsets.UTF_8));
  }

  /** Up to the empty line, without it. */
  private static String head(InputStream from) throws IOException {
    var head = new StringBuilder();
    while (head.length() < MOST_HEAD) {
      int next = from.read();
      if (next < 0) {
        throw head.isEmpty()
            ? new EOFException("no answer")
            : new IOException("an answer that ends in its head");
      }
      head.append((char) next);
      int n = head.length();
      if (next == '\n' && n >= 4 && head.substring(n - 4).equals("\r\n\r\n")) {
        return head.substring(0, n - 4);
      }
    }
    throw new IOException("an answer whose head is over " + MOST_HEAD + " bytes");
  }

  private static int status(String line) throws IOException {
    int end = BEGIN.length() + STATUS_DIGITS;
    if (line.startsWith(BEGIN)
        && line.length() >= end
        && (line.length() == end || line.charAt(end) == ' ')) {
      int status = number(line.substring(BEGIN.length(), end));
      if (status > CONTINUE && status <= MOST_STATUS) {
        return status;
      }
    }
    throw new IOException("an answer that is no HTTP/1.1");
  }

  private static int length(String value) throws IOException {
    int length = value.isEmpty() || value.length() > 9 ? -1 : number(value);
    if (length < 0 || length > MOST_BODY) {
      throw new IOException("an answer of over " + MOST_BODY + " bytes, or of no length");
    }
    return length;
  }

  /** Digits alone; -1 if it is none. */
  private static int number(String digits) {
    int value = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }
}
