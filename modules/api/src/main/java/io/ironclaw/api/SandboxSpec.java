package io.ironclaw.api;

/**
 * What to open a sandbox from.
 *
 * @param assurance the least isolation that will do
 */
public record SandboxSpec(VmId id, ImageRef image, VmConfig config, Assurance assurance) {
  /** What has to be between the guest and the host. */
  public enum Assurance {
    /** The best that this host has; {@link Sandbox#spawn} says what that is. */
    ANY,
    /** The CPU's virtualization, or there is no VM. */
    HARDWARE
  }

  /** With the best isolation that the host has. */
  public SandboxSpec(VmId id, ImageRef image, VmConfig config) {
    this(id, image, config, Assurance.ANY);
  }
}
