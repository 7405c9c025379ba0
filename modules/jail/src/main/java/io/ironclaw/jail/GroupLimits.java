package io.ironclaw.jail;

/**
 * What a process and all that it starts may take together, by control groups.
 *
 * @param memoryBytes resident, with what the kernel keeps for it; no swap besides
 * @param processes threads count
 * @param cpus as many CPUs' time at most
 */
public record GroupLimits(long memoryBytes, int processes, int cpus) {
  public GroupLimits {
    if (memoryBytes < 1 || processes < 1 || cpus < 1) {
      throw new IllegalArgumentException(
          "limits of %d bytes, %d processes, %d CPUs".formatted(memoryBytes, processes, cpus));
    }
  }
}
