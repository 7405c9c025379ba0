package io.ironclaw.network;

import io.ironclaw.api.HostException;
import io.ironclaw.host.ffi.PacketSocket;
import java.io.IOException;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * Tries the tables of a slot on the host with frames that are sent past those inside, as a guest
 * would that has broken out into its namespace; and whether what may pass is forwarded at all.
 */
final class HostTrial {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Slot slot;
  private final Plan plan;

  /**
   * What was seen.
   *
   * @param words of the counters
   * @param listing of the slot's tables, after it
   */
  record Done(String words, JsonNode listing) {}

  HostTrial(Slot slot) {
    this.slot = slot;
    plan = slot.plan();
  }

  /**
   * Sends them.
   *
   * @return what was seen
   * @throws HostException if it is else than it must be, with what to do
   */
  Done run() throws IOException, HostException {
    var frames = new Frames(Plan.INNER_MAC, Plan.OUTER_MAC);
    boolean routed = isRouted();
    var sent = new ArrayList<byte[]>();
    var expected = new TreeMap<String, Long>();
    sent.add(
        frames.open(
            Frames.UDP, Plan.GUEST, HostFirewall.CANARY, HostFirewall.DISCARD, new byte[4]));
    sent.add(
        Frames.tagged(frames.open(Frames.TCP, plan.inner(), plan.outer(), 22, new byte[0]), 7));
    expected.put(HostFirewall.FOREIGN, 2L);
    sent.add(frames.open(Frames.TCP, plan.inner(), plan.outer(), 22, new byte[0]));
    sent.add(frames.open(Frames.ICMP, plan.inner(), plan.outer(), 0, new byte[8]));
    expected.put(HostFirewall.TO_HOST, 2L);
    if (routed) {
      sent.add(
          frames.open(
              Frames.UDP, plan.inner(), HostFirewall.CANARY, HostFirewall.DISCARD, new byte[4]));
      expected.put(HostFirewall.CANARIES, 1L);
    }
    slot.inside()
        .call(
            Tools.task(
                () -> PacketSocket.send(NetworkInterface.getByName(Plan.UPLINK).getIndex(), sent)));
    long end = System.nanoTime() + PATIENCE.toNanos();
    JsonNode listing;
    do {
      // The kernel may take what was sent a moment later; each look is a run of nft. The tables
      // were loaded for this slot, so their counters began with nothing.
      listing = slot.reader().outside();
    } while (!fits(expected, counts(expected, listing)) && System.nanoTime() < end);
    var seen = counts(expected, listing);
    var wrong = wrong(expected, seen);
    if (wrong.isPresent()) {
      throw new HostException(wrong.get());
    }
    return new Done(
        seen + (routed ? "" : ", forwarding not tried: this host has no way out"), listing);
  }

  /** Exactly, but that the link may say something by itself where it speaks IPv6. */
  private boolean fits(Map<String, Long> expected, Map<String, Long> seen) {
    return expected.entrySet().stream()
        .allMatch(entry -> {
          long count = seen.getOrDefault(entry.getKey(), 0L);
          boolean noisy = slot.network().hasIpv6() && entry.getKey().equals(HostFirewall.FOREIGN);
          return noisy ? count >= entry.getValue() : count == entry.getValue();
        });
  }

  private Optional<String> wrong(Map<String, Long> expected, Map<String, Long> seen)
      throws IOException, HostException {
    if (fits(expected, seen)) {
      return Optional.empty();
    }
    var others = new TreeMap<>(expected);
    var seenOthers = new TreeMap<>(seen);
    others.remove(HostFirewall.CANARIES);
    seenOthers.remove(HostFirewall.CANARIES);
    if (!fits(others, seenOthers)) {
      return Optional.of(
          "no network: packets were sent that this host must drop, and it dropped "
              + seenOthers
              + ", not "
              + others
              + "; is something else at work on its network?");
    }
    return Optional.of(
        "no network: a firewall of this host drops what it should forward, it has "
            + forwarders()
            + "; let IronClaw's links pass: with docker iptables -I DOCKER-USER -i ironclaw+ -j"
            + " ACCEPT and the same with -o, with firewalld firewall-cmd --zone=trusted"
            + " --add-interface=ironclaw+, with ufw set DEFAULT_FORWARD_POLICY=ACCEPT; or choose no"
            + " network (--network none)");
  }

  /** Whoever else looks at what is forwarded. */
  private List<String> forwarders() throws IOException, HostException {
    var found = new ArrayList<String>();
    for (var object : slot.tools().list("chains").path("nftables")) {
      var chain = object.path("chain");
      String table = chain.path("table").asString("");
      if (chain.path("hook").asString("").equals("forward") && !table.startsWith(Plan.TABLE)) {
        found.add(
            "%s %s %s, policy %s"
                .formatted(
                    chain.path("family").asString(""),
                    table,
                    chain.path("name").asString(""),
                    chain.path("policy").asString("")));
      }
    }
    return found;
  }

  private boolean isRouted() throws HostException {
    try {
      return slot.tools().ipList("route", "get", HostFirewall.CANARY.toString()).size() > 0;
    } catch (IOException _) {
      // There is no way to it, says ip.
      return false;
    }
  }

  private static Map<String, Long> counts(Map<String, Long> which, JsonNode listing) {
    var counters = Ruleset.counters(listing);
    var counts = new TreeMap<String, Long>();
    which.keySet().forEach(name -> counts.put(name, counters.getOrDefault(name, 0L)));
    return counts;
  }
}
