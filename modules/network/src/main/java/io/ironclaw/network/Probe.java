package io.ironclaw.network;

import io.ironclaw.api.EgressRule.Protocol;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IpBlock;
import io.ironclaw.api.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a guest sends to try its firewall, and how far each counter must have risen by it: no more,
 * no less. What is allowed comes last, so that with its arrival everything before has been judged.
 */
final class Probe {
  private static final IpBlock SOMEWHERE_6 = IpBlock.of("2001:db8::fe");
  private static final IpBlock LINK_LOCAL = IpBlock.of("fe80::2");
  private static final IpBlock FOREIGN = IpBlock.of("203.0.113.66");
  private static final String FOREIGN_MAC = "02:69:63:00:00:66";
  private static final int VLAN_7 = 7;
  private static final int SSH = 22;
  private static final int DNS = 53;

  private final List<byte[]> frames = new ArrayList<>();
  private final Map<String, Long> expected = new TreeMap<>();

  private Probe() {}

  /**
   * Of a network.
   *
   * @param token what the last frame brings to the resolver
   * @throws HostException if everything is allowed, so that nothing can be tried
   */
  static Probe of(Plan plan, Network.Tap network, byte[] token) throws HostException {
    var probe = new Probe();
    var guest = new Frames(Plan.GUEST_MAC, Plan.GATEWAY_MAC);
    for (var protocol : List.of(Protocol.TCP, Protocol.UDP, Protocol.ICMP)) {
      var canary =
          Canary.of(network, protocol)
              .orElseThrow(() ->
                  new HostException(
                      "the rules allow every address: nothing is left that the firewall could be"
                          + " seen to deny; allow less"));
      byte[] frame =
          guest.open(number(protocol), Plan.GUEST, canary.address(), canary.port(), new byte[8]);
      probe.add(frame, "refused " + protocol.text());
    }
    // The gateway, and what would be this host's or its provider's.
    probe.add(
        guest.open(Frames.TCP, Plan.GUEST, Plan.GATEWAY, SSH, new byte[0]), Firewall.REFUSED_TCP);
    probe.add(
        guest.open(Frames.TCP, Plan.GUEST, plan.outer(), SSH, new byte[0]), Firewall.REFUSED_TCP);
    byte[] spoofed = guest.open(Frames.UDP, FOREIGN, Plan.GATEWAY, DNS, token);
    probe.add(spoofed, Firewall.FOREIGN_ADDRESS);
    byte[] asAnother =
        new Frames(FOREIGN_MAC, Plan.GATEWAY_MAC)
            .open(Frames.UDP, Plan.GUEST, Plan.GATEWAY, DNS, token);
    probe.add(asAnother, Firewall.FOREIGN_MAC);
    byte[] allowed = guest.open(Frames.UDP, Plan.GUEST, Plan.GATEWAY, DNS, token);
    probe.add(Frames.tagged(allowed, VLAN_7), Firewall.TAGGED);
    probe.add(guest.other(new byte[46]), Firewall.OTHER_FRAMES);
    probe.add(guest.fragment(Plan.GUEST, Plan.GATEWAY, DNS), Firewall.FRAGMENTS);
    probe.add(guest.datagram6(LINK_LOCAL, SOMEWHERE_6, DNS), Firewall.IPV6);
    probe.add(allowed, Firewall.ASKED_RESOLVER);
    return probe;
  }

  private void add(byte[] frame, String counter) {
    frames.add(frame);
    expected.merge(counter, 1L, Long::sum);
  }

  private static int number(Protocol protocol) {
    return switch (protocol) {
      case TCP -> Frames.TCP;
      case UDP -> Frames.UDP;
      case ICMP, ANY -> Frames.ICMP;
    };
  }

  List<byte[]> frames() {
    return List.copyOf(frames);
  }

  /**
   * By how much each counter must have risen; those that are not named, of what is let through or
   * denied, by nothing.
   */
  Map<String, Long> expected() {
    return Map.copyOf(expected);
  }

  /**
   * What is else than expected.
   *
   * @param ipv6 whether the guest's kernel speaks IPv6 and may have said something by itself
   */
  List<String> wrong(Map<String, Long> before, Map<String, Long> after, boolean ipv6) {
    var wrong = new ArrayList<String>();
    for (var name : after.keySet()) {
      long meant = expected.getOrDefault(name, 0L);
      long seen = after.getOrDefault(name, 0L) - before.getOrDefault(name, 0L);
      boolean judged =
          expected.containsKey(name) || name.startsWith("allow ") || name.equals("admitted");
      boolean fits = ipv6 && name.equals(Firewall.IPV6) ? seen >= meant : seen == meant;
      if (judged && !fits) {
        wrong.add("\"%s\" rose by %d, not by %d".formatted(name, seen, meant));
      }
    }
    for (var name : expected.keySet()) {
      if (!after.containsKey(name)) {
        wrong.add("\"" + name + "\" is not counted");
      }
    }
    return wrong;
  }
}
