package io.ironclaw.vm;

import java.util.Locale;

/** Who runs the guest's instructions. */
public enum Acceleration {
  /** Hardware virtualization: the boundary is the CPU's. */
  KVM,
  /** Software emulation: works everywhere, and is no hardware boundary. */
  EMULATED;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
