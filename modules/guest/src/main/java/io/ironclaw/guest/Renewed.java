package io.ironclaw.guest;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/**
 * The guest's confirmation that it is renewed.
 *
 * @param clockError guest's clock less the host's, read when the answer came
 * @param randomSample 16 bytes of the guest's generator after the reseed, in hex
 * @param agentVersion the agent's version, for messages
 * @param features what the agent has found in force for the commands it starts
 */
public record Renewed(
    Duration clockError,
    String randomSample,
    String hostname,
    String agentVersion,
    Set<Feature> features) {

  /** What holds for commands in a guest, as its agent read it back from its kernel. */
  public enum Feature {
    /** Memory and processes of all commands together are limited. */
    LIMITS(1),
    /** A command is killed with all that it started. */
    KILL(2),
    /** No command sees the control groups. */
    NAMESPACE(4);

    private final int bit;

    Feature(int bit) {
      this.bit = bit;
    }

    static Set<Feature> of(long bits) {
      var found = EnumSet.noneOf(Feature.class);
      Arrays.stream(values()).filter(f -> (bits & f.bit) != 0).forEach(found::add);
      return found;
    }
  }

  public Renewed {
    features = Set.copyOf(features);
  }
}
