package io.ironclaw.audit;

import io.ironclaw.host.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What reads a log that others may have written: whatever is in it, it is read, or left out. */
public final class AuditFuzz {
  private AuditFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] data) {
    var digest = Sha256.running();
    long total = 0;
    try {
      var lines = new Lines(new ByteArrayInputStream(data));
      for (var what = lines.next(); what != Lines.What.END; what = lines.next()) {
        total += lines.to() - lines.from() + (what == Lines.What.LINE ? 1 : 0);
        var line = Line.scan(lines.bytes(), lines.from(), lines.to(), digest);
        byte[] bytes = Arrays.copyOfRange(lines.bytes(), lines.from(), lines.to());
        var entry = LineReader.read(bytes);
        var _ = entry.flatMap(Checkpoint::of);
        if (line.isPresent() && entry.isPresent() && line.get().n() != entry.get().n()) {
          throw new AssertionError("two numbers for one line");
        }
        if (entry.isPresent()) {
          var json = new StringBuilder();
          AsciiJson.object(json, entry.get().data());
          byte[] again = json.toString().getBytes(StandardCharsets.US_ASCII);
          if (!LineReader.data(again).equals(entry.get().data())) {
            throw new AssertionError("other data than was read");
          }
        }
      }
    } catch (IOException e) {
      throw new AssertionError("bytes in memory can't be read", e);
    }
    if (total != data.length) {
      throw new AssertionError("of %d bytes, %d were looked at".formatted(data.length, total));
    }
    var _ = LineReader.read(data);
  }
}
