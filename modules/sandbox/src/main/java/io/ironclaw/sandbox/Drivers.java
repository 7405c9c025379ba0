package io.ironclaw.sandbox;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Which hypervisor VMs run on, and where it is.
 *
 * @param qemu QEMU's program; empty = found on PATH
 * @param firecracker Firecracker's program; empty = the one that was installed, or found on PATH
 * @param installed the folder that {@code doctor --install-firecracker} puts it in
 */
public record Drivers(
    Wanted wanted, Optional<Path> qemu, Optional<Path> firecracker, Path installed) {
  /** A choice. */
  public enum Wanted {
    /** Firecracker where it can be used, else QEMU. */
    AUTO,
    FIRECRACKER,
    QEMU
  }

  /** QEMU and nothing else. */
  public static Drivers qemu(Optional<Path> program) {
    return new Drivers(Wanted.QEMU, program, Optional.empty(), Path.of("/nonexistent"));
  }

  /** The same with another choice. */
  public Drivers with(Wanted other) {
    return new Drivers(other, qemu, firecracker, installed);
  }
}
