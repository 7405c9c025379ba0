package io.ironclaw.jail.seccomp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The policy reader: any text is a profile, or an error that says where. */
public final class PolicyFuzz {
  private PolicyFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] data) {
    try {
      var profile = ProfileJson.read(new String(data, StandardCharsets.UTF_8));
      if (profile instanceof Profile.Whole(Policy policy)) {
        // What was read can be used in each way.
        if (policy.counting().rules().size() != policy.rules().size()
            || !policy.learning().rules().equals(policy.rules())) {
          throw new AssertionError("another policy: " + policy);
        }
      }
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).isBlank()) {
        throw new AssertionError("an error without words", e);
      }
    }
  }
}
