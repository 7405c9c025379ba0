package io.ironclaw.proof;

import io.ironclaw.api.HostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The proof reader: what passes is, byte for byte, what is written of it. */
public final class ProofFuzz {
  private ProofFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] data) {
    try {
      var proof = ProofReader.read(data);
      if (!Arrays.equals(proof.json().getBytes(StandardCharsets.UTF_8), data)) {
        throw new AssertionError("another document than was read");
      }
    } catch (HostException e) {
      if (e.getMessage().indexOf('\n') >= 0 || e.getMessage().length() > 2_000) {
        throw new AssertionError("an error of more than a line", e);
      }
    }
  }
}
