package io.ironclaw.vm.firecracker;

import io.ironclaw.jail.GroupLimits;
import io.ironclaw.jail.ProcessLimits;
import io.ironclaw.vm.LaunchPlan;

/** What a Firecracker of one guest may take: the guest's memory, and what was measured besides. */
final class FirecrackerLimits {
  /** Resident besides the guest's memory: 7 MiB were seen, and the copy of its program is 3. */
  private static final int OVERHEAD_MIB = 48;

  /** What is reserved besides: its stacks, its heap. */
  private static final int RESERVED_MIB = 64;

  private static final int FILES = 256;

  /** Firecracker's threads besides vCPUs, and the processes around it: 7 were seen. */
  private static final int THREADS = 32;

  /** It writes no file but a template's. */
  private static final int SMALL_FILE_MIB = 1;

  private FirecrackerLimits() {}

  static ProcessLimits process(LaunchPlan plan) {
    int memory = plan.shape().memoryMib();
    int file = plan.memory().isPresent() ? memory + SMALL_FILE_MIB : SMALL_FILE_MIB;
    return new ProcessLimits(FILES, 0, bytes(file), bytes(memory + RESERVED_MIB));
  }

  static GroupLimits group(LaunchPlan plan) {
    var shape = plan.shape();
    return new GroupLimits(
        bytes(shape.memoryMib() + OVERHEAD_MIB), THREADS + shape.vcpus(), shape.vcpus() + 1);
  }

  private static long bytes(int mebibytes) {
    return (long) mebibytes << 20;
  }
}
