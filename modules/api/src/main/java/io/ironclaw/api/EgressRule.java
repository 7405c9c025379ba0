package io.ironclaw.api;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a guest may reach, or may not.
 *
 * @param to where it is
 * @param protocol how it is spoken to
 * @param lowPort first port, 0 to 65535
 * @param highPort last port; with ICMP both are 0
 */
public record EgressRule(Destination to, Protocol protocol, int lowPort, int highPort) {
  /** The protocols that a rule can name. */
  public enum Protocol {
    TCP,
    UDP,
    ICMP,
    /** All that can be forwarded: for what is denied only. */
    ANY;

    /** As it is written. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Where packets go. */
  public sealed interface Destination {
    /** A host by its name, in lower case and without a dot at its end; perhaps all below it. */
    record Name(String name, boolean below) implements Destination {
      /**
       * @throws IllegalArgumentException if it is no name of a host (RFC 1123 section 2.1)
       */
      public Name {
        if (!isHostName(name)) {
          throw new IllegalArgumentException("no name of a host: " + Printable.line(name));
        }
      }

      /** Whether the rule is about a host of this name. */
      public boolean matches(String host) {
        return below ? host.endsWith("." + name) : host.equals(name);
      }

      @Override
      public String toString() {
        return below ? "*." + name : name;
      }
    }

    /** Addresses. */
    record Block(IpBlock block) implements Destination {
      @Override
      public String toString() {
        return block.family() == IpBlock.Family.IPV6 ? "[" + block + "]" : block.toString();
      }
    }
  }

  private static final int MOST_PORT = 65_535;
  private static final int HTTPS = 443;
  private static final int MOST_NAME = 253;
  private static final Pattern LABEL = Pattern.compile("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?");
  private static final Pattern NUMERIC = Pattern.compile("[0-9]+|0x[0-9a-f]*");
  private static final Pattern PORTS = Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?");
  private static final Pattern PROTOCOL = Pattern.compile("(.*)/([a-zA-Z]+)");

  private static final String FORM =
      "write NAME:PORT, *.NAME:PORT, ADDRESS:PORT, ADDRESS/BITS:PORT or [IPV6]:PORT, with /udp or"
          + " /icmp where it is not tcp, LOW-HIGH or * for more ports (443 where none is written)";

  public EgressRule {
    boolean portless = protocol == Protocol.ICMP;
    if (lowPort < 0 || highPort > MOST_PORT || lowPort > highPort || portless && highPort != 0) {
      throw new IllegalArgumentException("no range of ports: " + lowPort + "-" + highPort);
    }
  }

  /**
   * A rule that allows, such as {@code api.example.org:443}, {@code 10.1.2.0/24:5432/tcp}, {@code
   * [2001:db8::/32]:*}, {@code 192.0.2.1/icmp}. Without a port it is 443.
   *
   * @throws IllegalArgumentException if it is none, with what to write
   */
  public static EgressRule allowing(String text) {
    return parse(text, new Ports(HTTPS, HTTPS), Protocol.TCP);
  }

  /**
   * A rule that denies: as {@link #allowing}, but without a port it is all ports, and without a
   * port and a protocol everything.
   *
   * @throws IllegalArgumentException if it is none, with what to write
   */
  public static EgressRule denying(String text) {
    return parse(text, new Ports(0, MOST_PORT), Protocol.ANY);
  }

  private record Ports(int low, int high) {}

  private static EgressRule parse(String text, Ports unsaid, Protocol usual) {
    var protocol = Optional.<Protocol>empty();
    var rest = text;
    var suffix = PROTOCOL.matcher(text);
    if (suffix.matches()) {
      protocol = Optional.of(protocol(text, suffix.group(2)));
      rest = suffix.group(1);
    }
    int colon = rest.startsWith("[") ? rest.indexOf("]:") + 1 : rest.lastIndexOf(':');
    boolean said = colon > 0;
    var where = destination(text, said ? rest.substring(0, colon) : rest);
    if (protocol.equals(Optional.of(Protocol.ICMP))) {
      if (said) {
        throw wrong(text, "ICMP has no ports");
      }
      return new EgressRule(where, Protocol.ICMP, 0, 0);
    }
    var ports = said ? ports(text, rest.substring(colon + 1)) : unsaid;
    return new EgressRule(
        where, protocol.orElse(said ? Protocol.TCP : usual), ports.low, ports.high);
  }

  private static Protocol protocol(String text, String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "tcp" -> Protocol.TCP;
      case "udp" -> Protocol.UDP;
      case "icmp" -> Protocol.ICMP;
      default -> throw wrong(text, "the protocol " + Printable.line(name) + " is not known");
    };
  }

  private static Ports ports(String text, String ports) {
    if (ports.equals("*")) {
      return new Ports(1, MOST_PORT);
    }
    var found = PORTS.matcher(ports);
    if (found.matches()) {
      int low = Integer.parseInt(found.group(1));
      int high = found.group(2) == null ? low : Integer.parseInt(found.group(2));
      if (low >= 1 && high <= MOST_PORT && low <= high) {
        return new Ports(low, high);
      }
    }
    throw wrong(text, "a port is 1 to 65535");
  }

  private static Destination destination(String text, String where) {
    if (where.startsWith("[") && where.endsWith("]")) {
      return IpBlock.parse(where.substring(1, where.length() - 1))
          .filter(block -> block.family() == IpBlock.Family.IPV6)
          .map(Destination.Block::new)
          .orElseThrow(() -> wrong(text, "in brackets there is an IPv6 address or block"));
    }
    // Unbracketed, an IPv6 address and a port could be read in two ways.
    var block = where.indexOf(':') < 0 ? IpBlock.parse(where) : Optional.<IpBlock>empty();
    if (block.isPresent()) {
      return new Destination.Block(block.get());
    }
    if (where.indexOf('/') >= 0 || where.indexOf(':') >= 0) {
      throw wrong(
          text, "a block of addresses is such as 10.1.2.0/24 or [2001:db8::/32], no bits behind");
    }
    boolean below = where.startsWith("*.");
    var name = (below ? where.substring(2) : where).toLowerCase(Locale.ROOT);
    name = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    if (!isHostName(name)) {
      throw wrong(
          text,
          "it names no host (names beyond ASCII as xn--..., addresses as four decimal numbers)");
    }
    return new Destination.Name(name, below);
  }

  /** Letters, digits, hyphens; no name that some program takes for an address. */
  public static boolean isHostName(String name) {
    var labels = name.split("\\.", -1);
    for (var label : labels) {
      if (!LABEL.matcher(label).matches()) {
        return false;
      }
    }
    return name.length() <= MOST_NAME && !NUMERIC.matcher(labels[labels.length - 1]).matches();
  }

  private static IllegalArgumentException wrong(String text, String why) {
    return new IllegalArgumentException(
        "\"" + Printable.line(text) + "\" is no rule: " + why + "; " + FORM);
  }

  /** Whether it is about a name, whose addresses are found out when the guest asks for them. */
  public boolean isByName() {
    return to instanceof Destination.Name;
  }

  /** As it can be written. */
  @Override
  public String toString() {
    return switch (protocol) {
      case ICMP -> to + "/icmp";
      case ANY -> to.toString();
      case TCP -> to + ":" + ports();
      case UDP -> to + ":" + ports() + "/udp";
    };
  }

  private String ports() {
    if (lowPort <= 1 && highPort == MOST_PORT) {
      return "*";
    }
    return lowPort == highPort ? "" + lowPort : lowPort + "-" + highPort;
  }
}
