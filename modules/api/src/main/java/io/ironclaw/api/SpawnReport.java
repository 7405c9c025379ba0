package io.ironclaw.api;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How a VM came to be.
 *
 * @param how clone of a template, or cold boot
 * @param hypervisor name and version, e.g. {@code qemu 7.2.22}
 * @param downgrade why the guest is emulated though KVM would have been used where it works; empty
 *     if emulation was asked for, or is not used
 * @param jail around the hypervisor
 * @param seccomp which system calls the hypervisor may make
 * @param total from the request to a VM that may be used
 * @param phases what the total was spent on, in order
 */
public record SpawnReport(
    VmId id,
    How how,
    String hypervisor,
    Acceleration acceleration,
    Optional<String> downgrade,
    Jail jail,
    Seccomp seccomp,
    Duration total,
    List<Phase> phases) {
  /** The way a VM was made. */
  public enum How {
    CLONE,
    COLD_BOOT;

    /** As it is written. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** One step and what it took. */
  public record Phase(String name, Duration took) {}

  public SpawnReport {
    phases = List.copyOf(phases);
  }
}
