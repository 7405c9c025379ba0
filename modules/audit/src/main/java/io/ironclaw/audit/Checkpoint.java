package io.ironclaw.audit;

import io.ironclaw.api.AuditKind;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The signed entry of a log: who holds it, knows all that comes before it. The signature, Ed25519
 * in base64, is of all bytes of its line before its own member.
 *
 * @param log which log it is of
 * @param n its own number; entries before it have those below
 * @param head hash of the line before it
 * @param first number of the oldest entry that was kept then
 * @param firstPrev hash of the line before that
 * @param key that signed, as of {@link SigningKey#fingerprint}
 */
record Checkpoint(String log, long n, String head, long first, String firstPrev, String key) {
  private static final String SIGNATURE = ",\"signature\":\"";

  /** Its line. */
  static Line.Written write(
      String log,
      long n,
      Instant at,
      String prev,
      long first,
      String firstPrev,
      String why,
      long pid,
      SigningKey key,
      MessageDigest digest) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("log", log);
    data.put("head", prev);
    data.put("first", first);
    data.put("first_prev", firstPrev);
    data.put("why", why);
    data.put("key", key.fingerprint());
    var text = Line.begin(n, at, AuditKind.CHECKPOINT, 1);
    AsciiJson.object(text, data);
    text.setLength(text.length() - 1);
    String signature = key.sign(text.toString().getBytes(StandardCharsets.US_ASCII));
    text.append(SIGNATURE).append(signature).append("\"}");
    return Line.end(text, pid, prev, digest);
  }

  /** What an entry says that calls itself one; empty if it says it otherwise. */
  static Optional<Checkpoint> of(LoggedEntry entry) {
    return entry.data().get("log") instanceof String log
            && entry.data().get("head") instanceof String head
            && entry.data().get("first") instanceof Long first
            && entry.data().get("first_prev") instanceof String firstPrev
            && entry.data().get("key") instanceof String key
        ? Optional.of(new Checkpoint(log, entry.n(), head, first, firstPrev, key))
        : Optional.empty();
  }

  /** Whether a line is signed by a key. */
  static boolean isSigned(byte[] bytes, int from, int to, PublicKey key) {
    String line = new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    int at = line.indexOf(SIGNATURE);
    int end = at < 0 ? -1 : line.indexOf('"', at + SIGNATURE.length());
    return end > 0
        && SigningKey.verifies(key, bytes, from, at, line.substring(at + SIGNATURE.length(), end));
  }
}
