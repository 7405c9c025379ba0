package io.ironclaw.api;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * What to open a sandbox from. Begin with {@link #fresh} and change what should be otherwise.
 *
 * @param id the sandbox's name, unique among those of this user that are open; its guest's host
 *     name
 * @param image its root file system
 * @param shape its machine
 * @param limits the bounds of its commands
 * @param network none, unless chosen
 * @param assurance the least isolation that will do
 */
public record SandboxSpec(
    VmId id,
    ImageRef image,
    MachineShape shape,
    Limits limits,
    Network network,
    Assurance assurance) {

  /**
   * @throws InvalidSpecException with every violation
   */
  public SandboxSpec {
    InvalidSpecException.throwIfAny(
        violations(shape.vcpus(), shape.memoryMib(), limits.scratchMib(), limits.time(), network));
  }

  /** A random name, and the defaults of everything. */
  public static SandboxSpec fresh() {
    return new SandboxSpec(
        VmId.random(),
        ImageRef.DEFAULT,
        MachineShape.DEFAULT,
        Limits.DEFAULT,
        Network.NONE,
        Assurance.ANY);
  }

  /**
   * Refuses values of which no specification can be made: for whoever wants to hear of all that is
   * wrong at once, before the parts are made.
   *
   * @throws InvalidSpecException with every violation
   */
  public static void check(
      int vcpus, int memoryMib, OptionalInt scratchMib, Duration time, Network network) {
    InvalidSpecException.throwIfAny(violations(vcpus, memoryMib, scratchMib, time, network));
  }

  private static List<Violation> violations(
      int vcpus, int memoryMib, OptionalInt scratchMib, Duration time, Network network) {
    return Stream.of(
            MachineShape.violations(vcpus, memoryMib),
            Limits.violations(scratchMib, memoryMib),
            Limits.violations(time),
            Network.violations(network))
        .flatMap(List::stream)
        .toList();
  }

  /** The writable layer over the image, in MiB. */
  public int scratchMib() {
    return limits.scratchMib(shape);
  }

  /** The same with another name. */
  public SandboxSpec withId(VmId other) {
    return new SandboxSpec(other, image, shape, limits, network, assurance);
  }

  /** The same with another root file system. */
  public SandboxSpec withImage(ImageRef other) {
    return new SandboxSpec(id, other, shape, limits, network, assurance);
  }

  /** The same on another machine. */
  public SandboxSpec withShape(MachineShape other) {
    return new SandboxSpec(id, image, other, limits, network, assurance);
  }

  /** The same with other limits. */
  public SandboxSpec withLimits(Limits other) {
    return new SandboxSpec(id, image, shape, other, network, assurance);
  }

  /** The same with another network. */
  public SandboxSpec withNetwork(Network other) {
    return new SandboxSpec(id, image, shape, limits, other, assurance);
  }

  /** The same with something demanded of its isolation. */
  public SandboxSpec requiring(Assurance demanded) {
    return new SandboxSpec(id, image, shape, limits, network, demanded);
  }
}
