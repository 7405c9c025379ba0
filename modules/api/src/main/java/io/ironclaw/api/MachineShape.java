package io.ironclaw.api;

import java.util.ArrayList;
import java.util.List;

/**
 * What a machine is made of: with the image, exactly what a template is made for. Every machine has
 * one disk, its image, read-only; none has a network device.
 *
 * @param vcpus virtual CPUs, 1 to 32
 * @param memoryMib guest memory in MiB, 80 to 65,536
 */
public record MachineShape(int vcpus, int memoryMib) {
  public static final int MIN_VCPUS = 1;
  public static final int MAX_VCPUS = 32;
  public static final int MIN_MEMORY_MIB = 80;
  public static final int MAX_MEMORY_MIB = 65_536;

  /** 1 vCPU, 256 MiB. */
  public static final MachineShape DEFAULT = new MachineShape(1, 256);

  /**
   * @throws InvalidSpecException with every violation
   */
  public MachineShape {
    InvalidSpecException.throwIfAny(violations(vcpus, memoryMib));
  }

  static List<Violation> violations(int vcpus, int memoryMib) {
    var violations = new ArrayList<Violation>();
    if (vcpus < MIN_VCPUS || vcpus > MAX_VCPUS) {
      violations.add(new Violation("vcpus", "" + vcpus, MIN_VCPUS + " to " + MAX_VCPUS));
    }
    if (memoryMib < MIN_MEMORY_MIB || memoryMib > MAX_MEMORY_MIB) {
      violations.add(
          new Violation(
              "memory", memoryMib + " MiB", MIN_MEMORY_MIB + " MiB to " + MAX_MEMORY_MIB + " MiB"));
    }
    return violations;
  }

  /** The same with other virtual CPUs. */
  public MachineShape withVcpus(int count) {
    return new MachineShape(count, memoryMib);
  }

  /** The same with another memory. */
  public MachineShape withMemoryMib(int mebibytes) {
    return new MachineShape(vcpus, mebibytes);
  }
}
