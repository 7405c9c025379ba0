package io.ironclaw.vm;

import java.time.Duration;
import java.util.List;

/**
 * How a VM came to be.
 *
 * @param how clone of a template, or cold boot
 * @param hypervisor name and version, e.g. {@code qemu 7.2.22}
 * @param total from the request to a VM that may be used
 * @param phases what the total was spent on, in order
 */
public record SpawnReport(
    VmId id,
    How how,
    String hypervisor,
    Acceleration acceleration,
    Duration total,
    List<Phase> phases) {
  /** The way a VM was made. */
  public enum How {
    CLONE,
    COLD_BOOT
  }

  /** One step and what it took. */
  public record Phase(String name, Duration took) {}

  public SpawnReport {
    phases = List.copyOf(phases);
  }
}
