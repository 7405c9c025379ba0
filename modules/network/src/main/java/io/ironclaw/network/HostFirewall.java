package io.ironclaw.network;

import static io.ironclaw.network.Nft.accept;
import static io.ironclaw.network.Nft.arriving;
import static io.ironclaw.network.Nft.counter;
import static io.ironclaw.network.Nft.drop;
import static io.ironclaw.network.Nft.is;
import static io.ironclaw.network.Nft.isNot;
import static io.ironclaw.network.Nft.jump;
import static io.ironclaw.network.Nft.leaving;
import static io.ironclaw.network.Nft.payload;
import static io.ironclaw.network.Nft.state;

import io.ironclaw.api.IpBlock;
import java.util.List;
import java.util.Optional;

/**
 * The tables of a slot on the host: a second wall behind that of the namespace. They judge what
 * comes from the slot's link or goes to it, and let everything else of the host pass untouched; so
 * their chains' policy is accept, but for that of the link itself.
 */
final class HostFirewall {
  /** In no use (RFC 5737): where the canary is sent, which goes no further than our last chain. */
  static final IpBlock CANARY = IpBlock.of("192.0.2.255");

  static final int DISCARD = 9;

  /** The counters that the trial looks at. */
  static final String FOREIGN = "foreign frames";

  static final String TO_HOST = "to the host";
  static final String CANARIES = "canaries";
  static final String TO_OTHERS = "to other VMs";

  private static final String FILTER = "filter";
  private static final String FORWARD = "forward";
  private static final int NAT_SOURCE = 100;
  private static final int AFTER_FORWARDING = 90;

  private final Plan plan;
  private final boolean ipv6;

  HostFirewall(Plan plan, boolean ipv6) {
    this.plan = plan;
    this.ipv6 = ipv6;
  }

  List<Table> outside() {
    return List.of(frames(), packets());
  }

  private Table frames() {
    var table = new Table("netdev", plan.table());
    table.base("ingress", FILTER, "ingress", 0, "drop", Optional.of(plan.link()));
    for (var tag : Firewall.TAGS) {
      table.rule("ingress", FOREIGN, is(payload("ether", "type"), tag), counter(), drop());
    }
    table.rule(
        "ingress", "ip", is(payload("ip", "saddr"), plan.inner().toString()), counter(), accept());
    if (ipv6) {
      table.rule(
          "ingress",
          "ip6",
          is(payload("ip6", "saddr"), plan.inner6().toString()),
          counter(),
          accept());
    }
    table.rule("ingress", FOREIGN, counter(), drop());
    return table;
  }

  private Table packets() {
    var table = new Table("inet", plan.table());
    String link = plan.link();
    table.base("input", FILTER, "input", 0, "accept");
    table.base("output", FILTER, "output", 0, "accept");
    table.base(FORWARD, FILTER, FORWARD, 0, "accept");
    table.base("canary", FILTER, "postrouting", AFTER_FORWARDING, "accept");
    table.base("source", "nat", "postrouting", NAT_SOURCE, "accept");
    table.chain("from_vm");
    table.chain("to_vm");
    table.rule("input", TO_HOST, arriving(link), counter(), drop());
    table.rule(
        "output",
        "errors",
        leaving(link),
        is(payload("icmp", "type"), "destination-unreachable"),
        counter(),
        accept());
    table.rule("output", "from the host", leaving(link), counter(), drop());
    table.rule(FORWARD, "out", arriving(link), counter(), jump("from_vm"));
    table.rule(FORWARD, "in", leaving(link), counter(), jump("to_vm"));
    table.rule("from_vm", TO_OTHERS, leaving(Plan.LINK + "*"), counter(), drop());
    table.rule("from_vm", "passed", counter(), accept());
    table.rule("to_vm", "answers", state("established", "related"), counter(), accept());
    table.rule("to_vm", "from elsewhere", counter(), drop());
    table.rule(
        "canary",
        CANARIES,
        is(payload("ip", "saddr"), plan.inner().toString()),
        is(payload("ip", "daddr"), CANARY.toString()),
        is(payload("udp", "dport"), Nft.number(DISCARD)),
        counter(),
        drop());
    table.rule(
        "source",
        "masquerade",
        is(payload("ip", "saddr"), plan.inner().toString()),
        isNot(Nft.meta("oifname"), link),
        counter(),
        Nft.masquerade());
    if (ipv6) {
      table.rule(
          "source",
          "masquerade 6",
          is(payload("ip6", "saddr"), plan.inner6().toString()),
          isNot(Nft.meta("oifname"), link),
          counter(),
          Nft.masquerade());
    }
    return table;
  }
}
