package io.ironclaw.guest;

import java.security.SecureRandom;
import java.time.Instant;

/**
 * What makes a VM itself and not its template: entropy, clock, name.
 *
 * @param hostname 1 to 64 characters of {@code [a-z0-9-]}
 * @param entropy 32 to 512 bytes
 * @param scratchMib size of the writable layer; 0 = as it is
 */
@SuppressWarnings("ArrayRecordComponent") // handed to the codec once; never compared
public record Renewal(String hostname, byte[] entropy, int scratchMib) {
  private static final int ENTROPY_BYTES = 64;

  /** A renewal with fresh entropy from the host's generator. */
  public static Renewal fresh(String hostname, int scratchMib, SecureRandom random) {
    var entropy = new byte[ENTROPY_BYTES];
    random.nextBytes(entropy);
    return new Renewal(hostname, entropy, scratchMib);
  }

  byte[] payload(Instant now) {
    return new PayloadWriter()
        .u64(now.getEpochSecond() * 1_000_000_000L + now.getNano())
        .str(hostname)
        .str(entropy)
        .u32(scratchMib)
        .bytes();
  }
}
