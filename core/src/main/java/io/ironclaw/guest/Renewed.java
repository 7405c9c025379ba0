package io.ironclaw.guest;

import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;

/**
 * The guest's confirmation that it is renewed.
 *
 * @param clockError guest's clock less the host's, read when the answer came
 * @param randomSample 16 bytes of the guest's generator after the reseed, in hex
 * @param agentVersion the agent's version, for messages
 */
public record Renewed(
    Duration clockError, String randomSample, String hostname, String agentVersion) {
  private static final int SAMPLE_BYTES = 16;
  private static final int MAX_NAME = 64;

  static Renewed parse(Frame frame, String agentVersion, Instant now) throws ProtocolException {
    var reader = frame.reader();
    long clock = reader.u64();
    byte[] sample = reader.bytes(SAMPLE_BYTES, "random sample");
    String hostname = reader.text(MAX_NAME, "hostname");
    reader.end();
    if (sample.length != SAMPLE_BYTES) {
      throw ProtocolException.field("RENEWED random sample", sample.length + " bytes", "16 bytes");
    }
    var at = Instant.ofEpochSecond(clock / 1_000_000_000L, clock % 1_000_000_000L);
    return new Renewed(
        Duration.between(now, at), HexFormat.of().formatHex(sample), hostname, agentVersion);
  }
}
