package io.ironclaw.guest;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The guest's confirmation that it is renewed.
 *
 * @param clockError guest's clock less the host's, read when the answer came
 * @param randomSample 16 bytes of the guest's generator after the reseed, in hex
 * @param agentVersion the agent's version, for messages
 * @param features what the agent has found in force for the commands it starts
 * @param links the network devices that the guest's kernel has
 * @param root who may write to the device of its root file system, by its kernel
 */
public record Renewed(
    Duration clockError,
    String randomSample,
    String hostname,
    String agentVersion,
    Set<Feature> features,
    List<String> links,
    Root root) {
  /** What is below a guest's writable layer. */
  public enum Root {
    /** Nothing: it runs in its initramfs. */
    NONE,
    /** A device that can be written, or of which it can't be known. */
    WRITABLE,
    /** A device that the kernel lets nobody write, mounted so that nobody can. */
    READ_ONLY
  }

  /** What holds for commands in a guest, as its agent read it back from its kernel. */
  public enum Feature {
    /** Memory and processes of all commands together are limited. */
    LIMITS(ProtocolNumbers.FEATURE_LIMITS),
    /** A command is killed with all that it started. */
    KILL(ProtocolNumbers.FEATURE_KILL),
    /** No command sees the control groups. */
    NAMESPACE(ProtocolNumbers.FEATURE_NAMESPACE),
    /** A command can be put under a filter whose refusals are counted. */
    FILTERS(ProtocolNumbers.FEATURE_FILTERS),
    /** It can set a network device up, and try what the host lets pass. */
    NETWORK(ProtocolNumbers.FEATURE_NETWORK);

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
    links = List.copyOf(links);
  }
}
