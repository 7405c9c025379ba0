package io.ironclaw.vm.qemu;

import io.ironclaw.jail.GroupLimits;
import io.ironclaw.jail.ProcessLimits;
import io.ironclaw.vm.LaunchPlan;

/** What a QEMU of one guest may take: the guest's memory, and what was measured besides. */
final class QemuLimits {
  /** For translated code, which QEMU drops when it is full: MiB. */
  static final int CODE_MIB = 256;

  /**
   * Resident besides the guest's memory: 130 MiB were seen after minutes of work, code included.
   */
  private static final int OVERHEAD_MIB = 192;

  /** What is reserved, more than is ever resident: stacks, arenas. */
  private static final int RESERVED_MIB = 512;

  private static final int RESERVED_MIB_PER_CPU = 16;
  private static final int FILES = 256;

  /** Threads of QEMU besides vCPUs: 4 were seen; and what stands around it. */
  private static final int THREADS = 64;

  /** Every QEMU makes small files in memory to see what the kernel has. */
  private static final int SMALL_FILE_MIB = 1;

  private QemuLimits() {}

  static ProcessLimits process(LaunchPlan plan) {
    var shape = plan.shape();
    int file = plan.memory().isPresent() ? shape.memoryMib() : SMALL_FILE_MIB;
    int data = shape.memoryMib() + CODE_MIB + RESERVED_MIB + shape.vcpus() * RESERVED_MIB_PER_CPU;
    return new ProcessLimits(FILES, 0, bytes(file), bytes(data));
  }

  static GroupLimits group(LaunchPlan plan) {
    var shape = plan.shape();
    return new GroupLimits(
        bytes(shape.memoryMib() + CODE_MIB + OVERHEAD_MIB),
        THREADS + shape.vcpus(),
        shape.vcpus() + 1);
  }

  private static long bytes(int mebibytes) {
    return (long) mebibytes << 20;
  }
}
