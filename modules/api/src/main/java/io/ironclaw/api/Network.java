package io.ironclaw.api;

import java.util.ArrayList;
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
   * A network device in a namespace of its own, behind a firewall that denies what no rule allows.
   * Addresses that mean this host, its neighbours or its provider (loopback, private, link-local
   * and metadata, carrier NAT, multicast) are denied even to a rule that would include them, unless
   * it lies within one of these ranges.
   *
   * @param allow what may be reached; at most {@link #MOST_RULES}
   * @param deny what may not, whatever else is allowed; at most as many
   * @param publish ports of the guest that can be connected to on the host; at most {@link
   *     #MOST_PORTS}
   * @param limits of what it may use
   */
  record Tap(
      List<EgressRule> allow,
      List<EgressRule> deny,
      List<PublishedPort> publish,
      EgressLimits limits)
      implements Network {
    public static final int MOST_RULES = 256;
    public static final int MOST_PORTS = 16;

    /** Nothing may be reached but the resolver, which answers nothing. */
    public static final Tap CLOSED = new Tap(List.of(), List.of(), List.of(), EgressLimits.DEFAULT);

    public Tap {
      allow = List.copyOf(allow);
      deny = List.copyOf(deny);
      publish = List.copyOf(publish);
    }

    /** The same with other things that may be reached. */
    public Tap allowing(List<EgressRule> rules) {
      return new Tap(rules, deny, publish, limits);
    }

    /** Whether a rule makes IPv6 of use; else the guest has none. */
    public boolean hasIpv6() {
      return allow.stream()
          .anyMatch(rule ->
              rule.to() instanceof EgressRule.Destination.Block(IpBlock block)
                  && block.family() == IpBlock.Family.IPV6);
    }

    @Override
    public String mode() {
      return "tap";
    }
  }

  /** This version has no proxy; it is refused, not ignored. */
  static List<Violation> violations(Network network) {
    return switch (network) {
      case None _ -> List.of();
      case Proxy _ ->
          List.of(
              new Violation("network", network.mode(), "none or tap (this version has no proxy)"));
      case Tap tap -> violations(tap);
    };
  }

  private static List<Violation> violations(Tap tap) {
    var violations = new ArrayList<Violation>();
    if (tap.allow.size() > Tap.MOST_RULES || tap.deny.size() > Tap.MOST_RULES) {
      violations.add(
          new Violation(
              "network",
              tap.allow.size() + " rules that allow and " + tap.deny.size() + " that deny",
              "at most " + Tap.MOST_RULES + " of each"));
    }
    for (var rule : tap.allow) {
      if (rule.protocol() == EgressRule.Protocol.ANY) {
        violations.add(new Violation("allow", rule.toString(), "a protocol: tcp, udp or icmp"));
      }
    }
    if (tap.publish.size() > Tap.MOST_PORTS) {
      violations.add(
          new Violation("publish", tap.publish.size() + " ports", "at most " + Tap.MOST_PORTS));
    }
    long different =
        tap.publish.stream().map(port -> port.bind() + ":" + port.hostPort()).distinct().count();
    if (different != tap.publish.size()) {
      violations.add(
          new Violation("publish", tap.publish.toString(), "each port of the host once"));
    }
    return violations;
  }
}
