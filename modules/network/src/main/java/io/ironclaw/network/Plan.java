package io.ironclaw.network;

import io.ironclaw.api.IpBlock;
import io.ironclaw.api.IpBlock.Family;
import java.math.BigInteger;

/**
 * Names and addresses of a slot. IPv4: of 198.18.0.0/15, which are for tests of networks and in no
 * other use (RFC 2544, RFC 6890); IPv6: of fd69:726f:6e63::/48, which is local (RFC 4193). Inside,
 * every namespace has the same addresses, so that a guest is cloned with its device set up; on the
 * host each slot has its own, which its guest's are translated to.
 *
 * @param slot its number, 1 to {@link #MOST}
 */
record Plan(int slot) {
  static final int MOST = 16_383;

  /** Inside, the device of the guest. */
  static final String TAP = "tap0";

  /** Inside, the link to the host. */
  static final String UPLINK = "uplink";

  /** What the links and tables of all slots on the host begin with. */
  static final String LINK = "ironclaw";

  static final String TABLE = "ironclaw_";

  /** Of the tables inside. */
  static final String INSIDE = "ironclaw";

  /** Locally administered, the same in every namespace. */
  static final String GUEST_MAC = "02:69:63:00:00:02";

  static final String GATEWAY_MAC = "02:69:63:00:00:01";
  static final String INNER_MAC = "02:69:63:00:01:02";
  static final String OUTER_MAC = "02:69:63:00:01:01";

  static final IpBlock RANGE = IpBlock.of("198.18.0.0/15");

  /** The guest's gateway and resolver, behind a prefix of 30 bits. */
  static final IpBlock GATEWAY = IpBlock.of("198.18.0.1");

  static final IpBlock GUEST = IpBlock.of("198.18.0.2");
  static final IpBlock GATEWAY_6 = IpBlock.of("fd69:726f:6e63::1");
  static final IpBlock GUEST_6 = IpBlock.of("fd69:726f:6e63::2");
  private static final IpBlock RANGE_6 = IpBlock.of("fd69:726f:6e63::/48");
  private static final int SLOT_BITS = 3;

  Plan {
    if (slot < 1 || slot > MOST) {
      throw new IllegalArgumentException("no slot of a network: " + slot);
    }
  }

  /** Its link on the host. */
  String link() {
    return LINK + slot;
  }

  /** Its tables on the host. */
  String table() {
    return TABLE + slot;
  }

  /** The host's end of the link. */
  IpBlock outer() {
    return v4(0);
  }

  /**
   * The namespace's end of the link, behind a prefix of 31 bits: what the host knows a guest by.
   */
  IpBlock inner() {
    return v4(1);
  }

  IpBlock outer6() {
    return v6(0);
  }

  IpBlock inner6() {
    return v6(1);
  }

  private IpBlock v4(int host) {
    long offset = ((long) slot << SLOT_BITS) + host;
    return new IpBlock(Family.IPV4, RANGE.first().add(BigInteger.valueOf(offset)), 32);
  }

  private IpBlock v6(int host) {
    var net = BigInteger.valueOf(slot).shiftLeft(64);
    return new IpBlock(Family.IPV6, RANGE_6.first().add(net).add(BigInteger.valueOf(host)), 128);
  }
}
