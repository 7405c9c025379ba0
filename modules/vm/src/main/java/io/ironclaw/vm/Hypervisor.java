package io.ironclaw.vm;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.VmConfig;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmId;
import io.ironclaw.image.BootImage;
import java.nio.file.Path;

/** The port that a hypervisor's driver implements. Safe for many threads. */
public interface Hypervisor extends AutoCloseable {
  /** Name and version, e.g. {@code qemu 7.2.22}. */
  String name();

  Acceleration acceleration();

  /** What makes a template of this hypervisor useless for another: version, CPU model, machine. */
  String templateIdentity();

  /** Boots a VM from its kernel, up to an agent that answers; a boot that hangs is given up. */
  Machine boot(VmId id, Path dir, VmConfig config, BootImage image, PhaseClock clock)
      throws VmException;

  /**
   * Boots a VM and saves it into {@code template}, an empty folder, as {@link Template#MEMORY_FILE}
   * and {@link Template#STATE_FILE}.
   */
  void buildTemplate(VmId id, Path dir, VmConfig config, BootImage image, Path template)
      throws VmException;

  /** Starts a VM as a copy-on-write clone, up to a connected guest channel. */
  Machine restore(
      VmId id, Path dir, VmConfig config, BootImage image, Template template, PhaseClock clock)
      throws VmException;

  @Override
  void close();
}
