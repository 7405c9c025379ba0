package io.ironclaw.vm.qemu;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Seccomp;
import io.ironclaw.jail.SeccompPlan;
import io.ironclaw.jail.seccomp.PackagedPolicy;
import java.util.Optional;

/**
 * QEMU's seccomp policies: the files beside this class. The minimal one is what {@code
 * scripts/trace-hypervisor.py} sees QEMU do.
 */
final class QemuSeccomp {
  /** QEMU's own filter, {@code -sandbox on}, goes over it. */
  private static final int OWN = 1;

  private QemuSeccomp() {}

  /** What QEMU begins with; empty without a jail, which would install it. */
  static Optional<SeccompPlan> plan(Seccomp seccomp) throws HostException {
    return SeccompPlan.of(QemuSeccomp.class, seccomp, OWN);
  }

  /** A policy as people wrote it. */
  static String json(Seccomp policy) throws HostException {
    return PackagedPolicy.json(QemuSeccomp.class, policy.text());
  }
}
