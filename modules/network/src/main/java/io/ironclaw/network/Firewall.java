package io.ironclaw.network;

import static io.ironclaw.network.Nft.accept;
import static io.ironclaw.network.Nft.arriving;
import static io.ironclaw.network.Nft.block;
import static io.ironclaw.network.Nft.counter;
import static io.ironclaw.network.Nft.ct;
import static io.ironclaw.network.Nft.drop;
import static io.ironclaw.network.Nft.goTo;
import static io.ironclaw.network.Nft.is;
import static io.ironclaw.network.Nft.isNot;
import static io.ironclaw.network.Nft.jump;
import static io.ironclaw.network.Nft.leaving;
import static io.ironclaw.network.Nft.meta;
import static io.ironclaw.network.Nft.number;
import static io.ironclaw.network.Nft.payload;
import static io.ironclaw.network.Nft.state;
import static io.ironclaw.network.Nft.text;

import io.ironclaw.api.EgressRule;
import io.ironclaw.api.EgressRule.Destination;
import io.ironclaw.api.EgressRule.Protocol;
import io.ironclaw.api.IpBlock;
import io.ironclaw.api.IpBlock.Family;
import io.ironclaw.api.Network;
import io.ironclaw.api.PublishedPort;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/**
 * The tables of a slot inside its namespace. Whatever no rule lets pass is dropped by a chain's
 * policy; most of it is refused before, so that nobody waits. A connection lives as long as its
 * rule: it has the rule's number as its mark, and its packets pass while {@link #LIVE} has that
 * number.
 */
final class Firewall {
  /** Numbers of the rules that are in force. */
  static final String LIVE = "live";

  /** Of what was denied the kernel tells whoever listens here (nfnetlink_log). */
  static final int LOG_GROUP = 1;

  static final int LOG_BYTES = 96;

  /** The counters that the probe looks at. */
  static final String REFUSED_TCP = "refused tcp";

  static final String REFUSED_UDP = "refused udp";
  static final String REFUSED_ICMP = "refused icmp";
  static final String ASKED_RESOLVER = "asked resolver";
  static final String FOREIGN_MAC = "foreign mac";
  static final String FOREIGN_ADDRESS = "foreign address";
  static final String IPV6 = "ipv6";
  static final String OTHER_FRAMES = "other frames";
  static final String TAGGED = "tagged";

  /** Of virtual LANs, which the kernel takes off before it looks what is below (IEEE 802.1Q). */
  static final List<String> TAGS = List.of("8021q", "8021ad");

  static final String FRAGMENTS = "fragments";

  private static final String FILTER = "filter";
  private static final String INGRESS = "ingress";
  private static final String INPUT = "input";
  private static final String OUTPUT = "output";
  private static final String FORWARD = "forward";
  private static final String SOURCE = "source";
  private static final String EGRESS = "egress";
  private static final int NAT_SOURCE = 100;
  private static final String ADMITTED = "admitted";
  private static final String DENIED = "denied";
  private static final String REFUSE = "refuse";
  private static final int DNS = 53;
  private static final int LEARNT = 4_096;
  private static final int QUERIES_PER_SECOND = 100;
  private static final int LOGS_PER_SECOND = 20;
  private static final int ARP_PER_SECOND = 10;

  /** That more fragments follow, and the offset of one that is not the first (RFC 791). */
  private static final int MORE_OR_OFFSET = 0x3fff;

  private final Network.Tap network;
  private final List<Family> families;

  Firewall(Network.Tap network) {
    this.network = network;
    families = network.hasIpv6() ? List.of(Family.IPV4, Family.IPV6) : List.of(Family.IPV4);
  }

  /** Where the addresses go that a name has led to; the rule's number begins with 1. */
  static String learnt(int rule, Family family) {
    return "name_" + rule + (family == Family.IPV4 ? "_4" : "_6");
  }

  List<Table> inside() {
    return List.of(frames(), packets());
  }

  /** What comes out of the tap is the guest's, and nobody else's. */
  private Table frames() {
    var table = new Table("netdev", Plan.INSIDE);
    table.base(INGRESS, FILTER, "ingress", 0, "drop", Optional.of(Plan.TAP));
    table.rule(
        INGRESS, FOREIGN_MAC, isNot(payload("ether", "saddr"), Plan.GUEST_MAC), counter(), drop());
    for (var tag : TAGS) {
      table.rule(INGRESS, TAGGED, is(payload("ether", "type"), tag), counter(), drop());
    }
    table.rule(
        INGRESS,
        "arp",
        is(payload("arp", "operation"), "request"),
        is(payload("arp", "saddr ether"), Plan.GUEST_MAC),
        is(payload("arp", "saddr ip"), Plan.GUEST.toString()),
        is(payload("arp", "daddr ip"), Plan.GATEWAY.toString()),
        Nft.rate(ARP_PER_SECOND, ARP_PER_SECOND, false),
        counter(),
        accept());
    table.rule(INGRESS, "other arp", is(meta("protocol"), "arp"), counter(), drop());
    table.rule(
        INGRESS,
        FOREIGN_ADDRESS,
        isNot(payload("ip", "saddr"), Plan.GUEST.toString()),
        counter(),
        drop());
    table.rule(
        INGRESS,
        FRAGMENTS,
        Nft.match(
            "!=",
            Nft.object("&", Nft.list(List.of(payload("ip", "frag-off"), number(MORE_OR_OFFSET)))),
            number(0)),
        counter(),
        drop());
    table.rule(
        INGRESS, "ip", is(payload("ip", "saddr"), Plan.GUEST.toString()), counter(), accept());
    if (families.contains(Family.IPV6)) {
      table.rule(
          INGRESS,
          "ip6",
          is(payload("ip6", "saddr"), Plan.GUEST_6.toString()),
          counter(),
          accept());
    }
    table.rule(INGRESS, IPV6, is(meta("protocol"), "ip6"), counter(), drop());
    table.rule(INGRESS, OTHER_FRAMES, counter(), drop());
    return table;
  }

  private Table packets() {
    var table = new Table("inet", Plan.INSIDE);
    var numbers = IntStream.rangeClosed(1, network.allow().size()).mapToObj(Nft::number).toList();
    table.constants(LIVE, "mark", List.of(), List.copyOf(numbers));
    for (var family : families) {
      table.constants(
          special(family),
          family == Family.IPV4 ? "ipv4_addr" : "ipv6_addr",
          List.of("interval"),
          SpecialRanges.of(family).stream().map(Nft::block).toList());
    }
    for (int i = 0; i < network.allow().size(); i++) {
      if (network.allow().get(i).isByName()) {
        for (var family : families) {
          table.changing(
              learnt(i + 1, family), family == Family.IPV4 ? "ipv4_addr" : "ipv6_addr", LEARNT);
        }
      }
    }
    table.base(INPUT, FILTER, INPUT, 0, "drop");
    table.base(OUTPUT, FILTER, OUTPUT, 0, "drop");
    table.base(FORWARD, FILTER, FORWARD, 0, "drop");
    table.base(SOURCE, "nat", "postrouting", NAT_SOURCE, "accept");
    for (var chain : List.of(EGRESS, ADMITTED, DENIED, REFUSE)) {
      table.chain(chain);
    }
    table.rule(SOURCE, "translated", leaving(Plan.UPLINK), counter(), Nft.masquerade());
    input(table);
    output(table);
    forward(table);
    egress(table);
    verdicts(table);
    return table;
  }

  private static String special(Family family) {
    return family == Family.IPV4 ? "special_4" : "special_6";
  }

  /** To the resolver, and from published ports. */
  private void input(Table table) {
    for (var protocol : List.of("udp", "tcp")) {
      table.rule(
          INPUT,
          ASKED_RESOLVER + (protocol.equals("udp") ? "" : " by tcp"),
          arriving(Plan.TAP),
          is(payload("ip", "daddr"), Plan.GATEWAY.toString()),
          is(payload(protocol, "dport"), number(DNS)),
          Nft.rate(QUERIES_PER_SECOND, QUERIES_PER_SECOND, false),
          counter(),
          accept());
    }
    if (!network.publish().isEmpty()) {
      table.rule(
          INPUT,
          "published, in",
          arriving(Plan.TAP),
          state("established"),
          is(ct("direction"), "reply"),
          is(payload("tcp", "sport"), published()),
          counter(),
          accept());
    }
    table.rule(INPUT, "to the gateway", arriving(Plan.TAP), counter(), goTo(DENIED));
    table.rule(INPUT, "to the namespace", counter(), drop());
  }

  private JsonNode published() {
    var ports =
        network.publish().stream()
            .map(PublishedPort::guestPort)
            .distinct()
            .sorted()
            .map(Nft::number)
            .toList();
    return ports.size() == 1 ? ports.getFirst() : Nft.object("set", Nft.list(ports));
  }

  /** Answers of the resolver, what says that something is refused, and to published ports. */
  private void output(Table table) {
    for (var protocol : List.of("udp", "tcp")) {
      table.rule(
          OUTPUT,
          "answered by " + protocol,
          leaving(Plan.TAP),
          is(payload("ip", "saddr"), Plan.GATEWAY.toString()),
          is(payload(protocol, "sport"), number(DNS)),
          counter(),
          accept());
    }
    if (!network.publish().isEmpty()) {
      table.rule(
          OUTPUT,
          "published, out",
          leaving(Plan.TAP),
          is(payload("ip", "daddr"), Plan.GUEST.toString()),
          is(payload("tcp", "dport"), published()),
          counter(),
          accept());
    }
    table.rule(
        OUTPUT,
        "resets",
        leaving(Plan.TAP),
        Nft.match("in", payload("tcp", "flags"), text("rst")),
        counter(),
        accept());
    table.rule(
        OUTPUT,
        "errors",
        leaving(Plan.TAP),
        is(payload("icmp", "type"), "destination-unreachable"),
        counter(),
        accept());
    if (families.contains(Family.IPV6)) {
      table.rule(
          OUTPUT,
          "errors 6",
          leaving(Plan.TAP),
          is(payload("icmpv6", "type"), "destination-unreachable"),
          counter(),
          accept());
    }
    table.rule(OUTPUT, "other output", counter(), drop());
  }

  private void forward(Table table) {
    table.rule(
        FORWARD, "over the bytes", Nft.over(network.limits().mebibytes()), counter(), drop());
    table.rule(FORWARD, "out", arriving(Plan.TAP), leaving(Plan.UPLINK), counter(), jump(EGRESS));
    table.rule(
        FORWARD,
        "in",
        arriving(Plan.UPLINK),
        leaving(Plan.TAP),
        state("established", "related"),
        is(ct("mark"), "@" + LIVE),
        counter(),
        accept());
    table.rule(FORWARD, "other forward", counter(), drop());
  }

  private void egress(Table table) {
    table.rule(EGRESS, "invalid", state("invalid"), counter(), drop());
    for (int i = 0; i < network.deny().size(); i++) {
      var rule = network.deny().get(i);
      if (rule.to() instanceof Destination.Block(IpBlock denied)) {
        if (families.contains(denied.family())) {
          var expressions = new ArrayList<JsonNode>(matches(rule, block(denied), denied.family()));
          expressions.addAll(List.of(counter(), goTo(DENIED)));
          table.rule(EGRESS, "deny " + (i + 1), expressions);
        }
      }
    }
    table.rule(
        EGRESS,
        "open connections",
        state("established", "related"),
        is(ct("mark"), "@" + LIVE),
        counter(),
        accept());
    table.rule(
        EGRESS,
        "connections without a rule",
        state("established", "related"),
        counter(),
        goTo(REFUSE));
    int rate = network.limits().newPerSecond();
    table.rule(EGRESS, "over the rate", Nft.rate(rate, rate, true), counter(), goTo(REFUSE));
    allow(table, true);
    for (var family : families) {
      table.rule(
          EGRESS,
          "special " + (family == Family.IPV4 ? 4 : 6),
          is(payload(ip(family), "daddr"), "@" + special(family)),
          counter(),
          goTo(DENIED));
    }
    allow(table, false);
    table.rule(EGRESS, "not allowed", counter(), goTo(DENIED));
  }

  /** The rules that mean a special range, or the others. */
  private void allow(Table table, boolean special) {
    for (int i = 0; i < network.allow().size(); i++) {
      var rule = network.allow().get(i);
      int number = i + 1;
      switch (rule.to()) {
        case Destination.Block(IpBlock allowed) -> {
          if (SpecialRanges.contain(allowed) == special) {
            admit(table, number, "", matches(rule, block(allowed), allowed.family()));
          }
        }
        case Destination.Name _ -> {
          for (var family : families) {
            if (!special) {
              var learnt = text("@" + learnt(number, family));
              String suffix = family == Family.IPV4 ? "" : ", 6";
              admit(table, number, suffix, matches(rule, learnt, family));
            }
          }
        }
      }
    }
  }

  private static void admit(Table table, int number, String suffix, List<JsonNode> matches) {
    var expressions = new ArrayList<>(matches);
    expressions.addAll(List.of(Nft.mark(number), counter(), goTo(ADMITTED)));
    table.rule(EGRESS, "allow " + number + suffix, expressions);
  }

  private static String ip(Family family) {
    return family == Family.IPV4 ? "ip" : "ip6";
  }

  private static List<JsonNode> matches(EgressRule rule, JsonNode where, Family family) {
    var matches = new ArrayList<JsonNode>();
    boolean everywhere =
        rule.to() instanceof Destination.Block(IpBlock block) && block.prefix() == 0;
    matches.add(
        everywhere
            ? is(meta("nfproto"), family == Family.IPV4 ? "ipv4" : "ipv6")
            : is(payload(ip(family), "daddr"), where));
    boolean allPorts = rule.lowPort() <= 1 && rule.highPort() == 65_535;
    switch (rule.protocol()) {
      case ANY -> {
        // Every packet to it.
      }
      case ICMP ->
          matches.add(
              is(payload(family == Family.IPV4 ? "icmp" : "icmpv6", "type"), "echo-request"));
      case TCP, UDP ->
          matches.add(
              allPorts
                  ? is(meta("l4proto"), rule.protocol().text())
                  : is(
                      payload(rule.protocol().text(), "dport"),
                      Nft.range(rule.lowPort(), rule.highPort())));
    }
    return matches;
  }

  private void verdicts(Table table) {
    table.rule(
        ADMITTED,
        "over the connections",
        Nft.connectionsOver(network.limits().connections()),
        counter(),
        goTo(REFUSE));
    table.rule(ADMITTED, "admitted", counter(), accept());
    table.rule(
        DENIED,
        "told",
        Nft.rate(LOGS_PER_SECOND, LOGS_PER_SECOND, false),
        Nft.log(LOG_GROUP, LOG_BYTES));
    table.rule(DENIED, DENIED, counter(), goTo(REFUSE));
    table.rule(REFUSE, REFUSED_TCP, is(meta("l4proto"), "tcp"), counter(), Nft.reset());
    table.rule(REFUSE, REFUSED_UDP, is(meta("l4proto"), "udp"), counter(), Nft.prohibited());
    table.rule(REFUSE, REFUSED_ICMP, is(meta("l4proto"), "icmp"), counter(), Nft.prohibited());
    table.rule(REFUSE, "refused others", counter(), Nft.prohibited());
  }

  static Protocol protocol(int number) {
    return switch (number) {
      case 6 -> Protocol.TCP;
      case 17 -> Protocol.UDP;
      case 1, 58 -> Protocol.ICMP;
      default -> Protocol.ANY;
    };
  }
}
