package io.ironclaw.api;

import java.util.EnumSet;
import java.util.Set;

/**
 * What a caller demands of a sandbox's isolation. A sandbox that lacks any of it is not opened.
 *
 * @param demands empty = the best that this host has; {@link Sandbox#spawn} says what that is
 */
public record Assurance(Set<Demand> demands) {
  /** One thing to demand. */
  public enum Demand {
    /** The CPU's virtualization, not emulation. */
    HARDWARE,
    /** A jail around the hypervisor's process. */
    JAILED
  }

  /** The best that this host has. */
  public static final Assurance ANY = new Assurance(Set.of());

  public Assurance {
    demands = Set.copyOf(demands);
  }

  /** All of these. */
  public static Assurance of(Demand first, Demand... more) {
    return new Assurance(EnumSet.of(first, more));
  }

  /** Whether this is demanded. */
  public boolean demands(Demand demand) {
    return demands.contains(demand);
  }
}
