package io.ironclaw.audit;

import io.ironclaw.api.AuditKind;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A line of the log, as far as the chain needs it: {@code
 * {"n":1,"at":"...","kind":"...","times":2,"data":{...},"pid":3,"prev":"...","sha256":"..."}}.
 * {@code sha256} is of all bytes of the line before its own member; {@code prev} is that of the
 * line before. The bytes are what counts: nothing is parsed to verify them.
 *
 * @param n the entry's number, from 1 on without a gap
 * @param at as it is written
 * @param kind as it is written
 * @param prev hash of the line before; zeros in the first
 * @param sha256 its own, which is right
 */
record Line(long n, String at, String kind, String prev, String sha256) {
  /** With its end; what is longer was not written by this. */
  static final int MOST_BYTES = 64 << 10;

  static final String ZEROS = "0".repeat(64);

  private static final int DIGEST = 64;
  private static final byte[] BEGIN = ascii("{\"n\":");
  private static final byte[] AT = ascii(",\"at\":\"");
  private static final byte[] KIND = ascii("\",\"kind\":\"");
  private static final byte[] PREV = ascii(",\"prev\":\"");
  private static final byte[] SHA256 = ascii("\",\"sha256\":\"");
  private static final byte[] END = ascii("\"}");

  /** From the begin of {@code prev} to the line's end. */
  private static final int TAIL = PREV.length + DIGEST + SHA256.length + DIGEST + END.length;

  private static final int MOST_WORD = 40;

  /** What was written, with the end of its line, and the hash in it. */
  @SuppressWarnings("ArrayRecordComponent")
  record Written(byte[] bytes, String sha256) {}

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The begin of a line, up to its data. */
  static StringBuilder begin(long n, Instant at, AuditKind kind, long times) {
    var text = new StringBuilder(512);
    text.append("{\"n\":").append(n).append(",\"at\":\"");
    time(text, at);
    text.append("\",\"kind\":\"").append(kind.text()).append('"');
    if (times > 1) {
      text.append(",\"times\":").append(times);
    }
    return text.append(",\"data\":");
  }

  /** The whole line of its begin and its data. */
  static Written end(StringBuilder text, long pid, String prev, MessageDigest digest) {
    text.append(",\"pid\":").append(pid).append(",\"prev\":\"").append(prev).append('"');
    byte[] hashed = ascii(text.toString());
    String sha256 = HexFormat.of().formatHex(digest.digest(hashed));
    byte[] rest = ascii(",\"sha256\":\"" + sha256 + "\"}\n");
    byte[] line = Arrays.copyOf(hashed, hashed.length + rest.length);
    System.arraycopy(rest, 0, line, hashed.length, rest.length);
    return new Written(line, sha256);
  }

  static Written of(long n, Encoded entry, long pid, String prev, MessageDigest digest) {
    var text = begin(n, entry.at(), entry.kind(), entry.times());
    text.append(new String(entry.data(), StandardCharsets.ISO_8859_1));
    return end(text, pid, prev, digest);
  }

  /** With microseconds, always as long. */
  private static void time(StringBuilder text, Instant at) {
    var utc = LocalDateTime.ofInstant(at, ZoneOffset.UTC);
    number(text, utc.getYear(), 4).append('-');
    number(text, utc.getMonthValue(), 2).append('-');
    number(text, utc.getDayOfMonth(), 2).append('T');
    number(text, utc.getHour(), 2).append(':');
    number(text, utc.getMinute(), 2).append(':');
    number(text, utc.getSecond(), 2).append('.');
    number(text, utc.getNano() / 1_000, 6).append('Z');
  }

  private static StringBuilder number(StringBuilder text, int value, int width) {
    var digits = Integer.toString(value);
    return text.repeat('0', width - digits.length()).append(digits);
  }

  /**
   * Reads a line.
   *
   * @param from its first byte
   * @param to after its last one, which is before the line feed
   * @return empty if it is none that this has written, or one whose hash is another
   */
  static Optional<Line> scan(byte[] bytes, int from, int to, MessageDigest digest) {
    int tail = to - TAIL;
    int sha = to - END.length - DIGEST;
    if (to - from > MOST_BYTES
        || tail < from + BEGIN.length
        || !has(bytes, from, BEGIN)
        || !has(bytes, tail, PREV)
        || !has(bytes, sha - SHA256.length, SHA256)
        || !has(bytes, to - END.length, END)) {
      return Optional.empty();
    }
    // The comma before "sha256" is not hashed, as it belongs to that member.
    digest.update(bytes, from, sha - SHA256.length + 1 - from);
    String hash = HexFormat.of().formatHex(digest.digest());
    if (!hash.equals(text(bytes, sha, DIGEST))) {
      return Optional.empty();
    }
    return fields(bytes, from, tail, text(bytes, tail + PREV.length, DIGEST), hash);
  }

  private static Optional<Line> fields(
      byte[] bytes, int from, int tail, String prev, String sha256) {
    int i = from + BEGIN.length;
    long n = 0;
    int digits = 0;
    while (i < tail && bytes[i] >= '0' && bytes[i] <= '9' && digits++ < 18) {
      n = n * 10 + (bytes[i++] - '0');
    }
    if (digits == 0 || !has(bytes, i, AT)) {
      return Optional.empty();
    }
    i += AT.length;
    int atEnd = quote(bytes, i, tail);
    if (atEnd < 0 || !has(bytes, atEnd, KIND)) {
      return Optional.empty();
    }
    int kind = atEnd + KIND.length;
    int kindEnd = quote(bytes, kind, tail);
    return kindEnd < 0
        ? Optional.empty()
        : Optional.of(
            new Line(
                n, text(bytes, i, atEnd - i), text(bytes, kind, kindEnd - kind), prev, sha256));
  }

  private static int quote(byte[] bytes, int from, int to) {
    int end = Math.min(to, from + MOST_WORD);
    for (int i = from; i < end; i++) {
      if (bytes[i] == '"') {
        return i;
      }
    }
    return -1;
  }

  private static boolean has(byte[] bytes, int at, byte[] what) {
    return at + what.length <= bytes.length
        && Arrays.equals(bytes, at, at + what.length, what, 0, what.length);
  }

  private static String text(byte[] bytes, int from, int length) {
    return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
  }
}
