package io.ironclaw.audit;

import io.ironclaw.api.AuditEntry;
import io.ironclaw.api.AuditKind;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * An entry as the ring and the queue hold it: its data as the bytes that are written.
 *
 * @param data a JSON object; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent")
record Encoded(Instant at, AuditKind kind, long times, byte[] data) {
  /** What an entry takes in memory besides its data, about: objects, and a place in a queue. */
  private static final int OVERHEAD = 120;

  static Encoded of(AuditEntry entry) {
    var text = new StringBuilder(256);
    AsciiJson.object(text, entry.data());
    return new Encoded(
        entry.at(),
        entry.kind(),
        entry.times(),
        text.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  Encoded times(Instant last, long count) {
    return new Encoded(last, kind, count, data);
  }

  int bytes() {
    return data.length + OVERHEAD;
  }

  AuditEntry entry() {
    return new AuditEntry(at, kind, times, LineReader.data(data));
  }
}
