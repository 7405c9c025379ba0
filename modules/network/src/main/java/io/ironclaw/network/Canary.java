package io.ironclaw.network;

import io.ironclaw.api.EgressRule;
import io.ironclaw.api.EgressRule.Destination;
import io.ironclaw.api.EgressRule.Protocol;
import io.ironclaw.api.IpBlock;
import io.ironclaw.api.Network;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Somewhere that no rule of a network allows a guest to reach.
 *
 * @param port 0 with ICMP
 */
record Canary(IpBlock address, int port) {
  /** Documentation (RFC 5737), and where every guest would like to go. */
  private static final List<IpBlock> ADDRESSES =
      Stream.of(
              "192.0.2.254",
              "198.51.100.254",
              "203.0.113.254",
              "169.254.169.254",
              "10.255.255.254",
              "192.168.255.254",
              "172.31.255.254",
              "100.127.255.254",
              "240.0.0.1")
          .map(IpBlock::of)
          .toList();

  private static final List<Integer> PORTS = List.of(443, 80, 22, 53, 9, 40_009);

  /** One for a protocol; empty if everything is allowed. */
  static Optional<Canary> of(Network.Tap network, Protocol protocol) {
    var ports = protocol == Protocol.ICMP ? List.of(0) : PORTS;
    return ADDRESSES.stream()
        .flatMap(address -> ports.stream().map(port -> new Canary(address, port)))
        .filter(
            canary -> network.allow().stream().noneMatch(rule -> canary.isMeant(rule, protocol)))
        .findFirst();
  }

  private boolean isMeant(EgressRule rule, Protocol protocol) {
    return rule.protocol() == protocol
        && rule.lowPort() <= port
        && port <= rule.highPort()
        && rule.to() instanceof Destination.Block(IpBlock block)
        && block.contains(address)
        && SpecialRanges.contain(block) == SpecialRanges.contain(address);
  }
}
