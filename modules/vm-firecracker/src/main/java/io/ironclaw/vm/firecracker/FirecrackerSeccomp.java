package io.ironclaw.vm.firecracker;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Seccomp;
import io.ironclaw.jail.SeccompPlan;
import io.ironclaw.jail.seccomp.PackagedPolicy;
import java.util.Optional;

/**
 * Firecracker's seccomp policies, one for each kind of thread: the files beside this class. It is
 * given them always, in the place of its own.
 */
final class FirecrackerSeccomp {
  /** It installs what it is given, and nothing over it. */
  private static final int OWN = 0;

  private FirecrackerSeccomp() {}

  static Optional<SeccompPlan> plan(Seccomp seccomp) throws HostException {
    return SeccompPlan.of(FirecrackerSeccomp.class, seccomp, OWN);
  }

  /** A policy as people wrote it. */
  static String json(Seccomp policy) throws HostException {
    return PackagedPolicy.json(FirecrackerSeccomp.class, policy.text());
  }
}
