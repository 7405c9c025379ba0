package io.ironclaw.api;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a caller demands of a sandbox's isolation. A sandbox that lacks any of it is not opened.
 *
 * @param demands empty = the best that this host has; {@link Sandbox#spawn} says what that is
 */
public record Assurance(Set<Demand> demands) {
  /** One thing to demand. */
  public enum Demand {
    /** The CPU's virtualization, not emulation. */
    HARDWARE("hardware"),
    /** A jail around the hypervisor's process. */
    JAILED("jailed"),
    /** The hypervisor's memory is limited by a control group. */
    CGROUP_MEMORY("cgroup-memory"),
    /** Its processes are. */
    CGROUP_PIDS("cgroup-pids"),
    /** Its share of the CPUs is. */
    CGROUP_CPU("cgroup-cpu"),
    /** Its share of the disks' time is. */
    CGROUP_IO("cgroup-io"),
    /** It can't swap beside its memory. */
    CGROUP_SWAP("cgroup-swap"),
    /** It is under a seccomp filter that kills. */
    SECCOMP("seccomp"),
    /** Its user id is its own, and not that of whoever started it. */
    OWN_UID("own-uid");

    private final String text;

    Demand(String text) {
      this.text = text;
    }

    /** As it is written, and what its evidence is called. */
    public String text() {
      return text;
    }
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

  /**
   * What is written with commas between, such as {@code hardware,jailed}.
   *
   * @throws IllegalArgumentException if it names what can't be demanded
   */
  public static Assurance parse(String text) {
    var demands = EnumSet.noneOf(Demand.class);
    for (var name : text.split(",", -1)) {
      demands.add(
          Arrays.stream(Demand.values())
              .filter(demand -> demand.text().equals(name))
              .findFirst()
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "\""
                          + Printable.line(name)
                          + "\" is not valid: use any, or with commas between them: "
                          + Arrays.stream(Demand.values())
                              .map(Demand::text)
                              .collect(Collectors.joining(", ")))));
    }
    return new Assurance(demands);
  }

  /** These demands and others. */
  public Assurance and(Assurance others) {
    if (others.demands.isEmpty()) {
      return this;
    }
    var all = EnumSet.copyOf(others.demands);
    all.addAll(demands);
    return new Assurance(all);
  }

  /** Whether this is demanded. */
  public boolean demands(Demand demand) {
    return demands.contains(demand);
  }
}
