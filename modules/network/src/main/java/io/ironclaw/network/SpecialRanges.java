package io.ironclaw.network;

import io.ironclaw.api.IpBlock;
import io.ironclaw.api.IpBlock.Family;
import java.util.List;
import java.util.stream.Stream;

/**
 * Addresses that are not the internet's but this host's, its neighbours' or its provider's (IANA
 * special-purpose registries, RFC 6890): denied to a rule that does not lie within one of them, and
 * never what a name leads to.
 */
final class SpecialRanges {
  private static final List<IpBlock> ALL =
      Stream.of(
              "0.0.0.0/8",
              "10.0.0.0/8",
              "100.64.0.0/10",
              "127.0.0.0/8",
              // Microsoft's cloud: what a VM asks its host for.
              "168.63.129.16",
              "169.254.0.0/16",
              "172.16.0.0/12",
              "192.0.0.0/24",
              "192.168.0.0/16",
              "198.18.0.0/15",
              "224.0.0.0/4",
              "240.0.0.0/4",
              "::",
              "::1",
              "::ffff:0:0/96",
              // What leads to IPv4 by translation or a tunnel: RFC 6052, RFC 8215, RFC 4380, RFC
              // 3056.
              "64:ff9b::/96",
              "64:ff9b:1::/48",
              "100::/64",
              "2001::/32",
              "2002::/16",
              "fc00::/7",
              "fe80::/10",
              "fec0::/10",
              "ff00::/8")
          .map(IpBlock::of)
          .toList();

  private SpecialRanges() {}

  static List<IpBlock> of(Family family) {
    return ALL.stream().filter(block -> block.family() == family).toList();
  }

  /** Whether a block lies within one of them: a rule that says so means it. */
  static boolean contain(IpBlock block) {
    return ALL.stream().anyMatch(range -> range.contains(block));
  }
}
