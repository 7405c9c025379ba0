package io.ironclaw.guest;

import io.ironclaw.api.IpBlock;
import java.util.HexFormat;
import java.util.List;

/**
 * What a guest is told of its network device.
 *
 * @param mtu largest packet, 1,280 to 65,535 bytes
 * @param gatewayMac the hardware address of its gateway, as {@code 02:...}
 * @param addresses one of each family at most; with none of IPv6, the device has none
 */
public record GuestNetwork(int mtu, String gatewayMac, List<Address> addresses) {
  private static final HexFormat MAC = HexFormat.ofDelimiter(":");
  private static final int MAC_BYTES = 6;

  /**
   * An address of the guest.
   *
   * @param own a single address
   * @param prefix how many bits of it are its network's
   * @param gateway where everything goes; the first is the resolver, too
   */
  public record Address(IpBlock own, int prefix, IpBlock gateway) {}

  public GuestNetwork {
    addresses = List.copyOf(addresses);
    if (mtu < 1_280
        || mtu > 65_535
        || MAC.parseHex(gatewayMac).length != MAC_BYTES
        || addresses.size() > ProtocolNumbers.MAX_ADDRESSES) {
      throw new IllegalArgumentException("no network of a guest: " + mtu + " " + gatewayMac);
    }
  }

  byte[] payload() {
    var writer = new PayloadWriter().u16(mtu).raw(MAC.parseHex(gatewayMac)).u16(addresses.size());
    for (var address : addresses) {
      writer
          .str(address.own().address().getAddress())
          .u8(address.prefix())
          .str(address.gateway().address().getAddress());
    }
    return writer.bytes();
  }
}
