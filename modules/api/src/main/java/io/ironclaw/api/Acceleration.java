package io.ironclaw.api;

import java.util.Locale;

/** Who runs the guest's instructions. */
public enum Acceleration {
  /** Hardware virtualization: the boundary is the CPU's. */
  KVM,
  /** Software emulation: works everywhere, and is no hardware boundary. */
  EMULATED;

  /**
   * What it is as a wall around the guest: {@code hardware}, or {@code emulated}, which is none.
   */
  public String isolation() {
    return this == KVM ? "hardware" : "emulated";
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
