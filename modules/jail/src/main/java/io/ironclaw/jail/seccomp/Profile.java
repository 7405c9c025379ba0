package io.ironclaw.jail.seccomp;

import java.util.Map;
import java.util.TreeMap;

/** The policies of a program: one for all of its threads, or one for each kind of thread. */
public sealed interface Profile {
  /** One for all. */
  record Whole(Policy policy) implements Profile {}

  /**
   * One for each kind of thread, by the name that the program has for it: of a program that
   * installs its filters itself, as Firecracker does.
   */
  record PerThread(Map<String, Policy> policies) implements Profile {
    public PerThread {
      policies = Map.copyOf(new TreeMap<>(policies));
      if (policies.isEmpty()) {
        throw new IllegalArgumentException("a profile for no thread");
      }
    }
  }
}
