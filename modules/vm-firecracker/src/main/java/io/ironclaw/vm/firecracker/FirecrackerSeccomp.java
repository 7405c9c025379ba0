package io.ironclaw.vm.firecracker;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Seccomp;
import io.ironclaw.jail.SeccompPlan;
import io.ironclaw.jail.seccomp.FilterCache;
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
    return switch (seccomp) {
      case NONE -> Optional.empty();
      case LEARNING -> Optional.of(plan(Seccomp.MINIMAL, FilterCache.Use.LEARN));
      case MINIMAL, BASIC, PERMISSIVE -> Optional.of(plan(seccomp, FilterCache.Use.ENFORCE));
    };
  }

  private static SeccompPlan plan(Seccomp policy, FilterCache.Use use) throws HostException {
    return new SeccompPlan(new FilterCache.Wanted(json(policy), use), OWN);
  }

  /** A policy as people wrote it. */
  static String json(Seccomp policy) throws HostException {
    return PackagedPolicy.json(FirecrackerSeccomp.class, policy.text());
  }
}
