package io.ironclaw.vm;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.HostException;
import io.ironclaw.api.VmException;
import java.nio.file.Path;

/**
 * The port that a hypervisor's driver implements. Retries, deadlines of the guest, renewal and
 * warm-up are not its business. Safe for many threads.
 */
public interface Hypervisor extends AutoCloseable {
  /** Name and version, e.g. {@code qemu 7.2.22}. */
  String name();

  Acceleration acceleration();

  /** Its program, as it was hashed. */
  Ingredient program() throws HostException;

  /** What makes a template of this hypervisor useless for another: version, CPU model, machine. */
  String templateIdentity();

  /**
   * Starts a machine from its kernel, up to a connected channel; its guest has yet to boot.
   *
   * @throws HostException if the host refuses the process: no machine would start
   */
  Machine start(LaunchPlan plan, PhaseClock clock) throws VmException, HostException;

  /**
   * Stops a machine that was started with a memory file, and saves the state of its devices.
   *
   * @param state the file to write
   */
  void save(Machine machine, Path state) throws VmException;

  /**
   * Starts a machine as a copy-on-write clone, up to a connected channel; its guest runs.
   *
   * @throws HostException if the host refuses the process, or the template is gone
   */
  Machine restore(LaunchPlan plan, Template template, PhaseClock clock)
      throws VmException, HostException;

  @Override
  void close();
}
