package io.ironclaw.api;

import java.util.List;

/** What network a sandbox has. Nothing but an explicit choice makes it other than {@link None}. */
public sealed interface Network {
  /** No network device at all; the guest has only {@code lo}. */
  Network NONE = new None();

  /** The name of the mode. */
  String mode();

  /** No network device at all. */
  record None() implements Network {
    @Override
    public String mode() {
      return "none";
    }
  }

  /**
   * No network device; egress over the guest channel.
   *
   * @param allow destinations that may be reached
   */
  record Proxy(List<String> allow) implements Network {
    public Proxy {
      allow = List.copyOf(allow);
    }

    @Override
    public String mode() {
      return "proxy";
    }
  }

  /**
   * A network device in a namespace of its own, behind a firewall.
   *
   * @param allow destinations that may be reached
   */
  record Tap(List<String> allow) implements Network {
    public Tap {
      allow = List.copyOf(allow);
    }

    @Override
    public String mode() {
      return "tap";
    }
  }

  /** This version has the mode none only; the others are refused, not ignored. */
  static List<Violation> violations(Network network) {
    return network instanceof None
        ? List.of()
        : List.of(new Violation("network", network.mode(), "none (this version has no other)"));
  }
}
