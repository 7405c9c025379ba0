package io.ironclaw.network;

import io.ironclaw.api.EgressRule.Protocol;
import io.ironclaw.api.IpBlock;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A packet of a guest that was denied, as far as its header says where it was to go.
 *
 * @param port 0 if it has none
 */
record DeniedPacket(IpBlock to, Protocol protocol, int port) {
  private static final int NETLINK_HEADER = 16;
  private static final int NETFILTER_HEADER = 4;
  private static final int ATTRIBUTE_HEADER = 4;
  private static final int PAYLOAD = 9;
  private static final int TYPE_MASK = 0x3fff;
  private static final int ULOG_PACKET = 4 << 8;

  /** NFULNL_MSG_CONFIG, NLM_F_REQUEST. */
  private static final int ULOG_CONFIG = 4 << 8 | 1;

  private static final int REQUEST = 1;
  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;

  /**
   * The message that has the kernel tell of what is logged to a group: at once, and so many bytes
   * of each packet (linux/netfilter/nfnetlink_log.h).
   */
  static byte[] listening(int group, int bytes) {
    var body = ByteBuffer.allocate(64).order(ByteOrder.nativeOrder());
    attribute(body, 1, new byte[] {1});
    var mode = ByteBuffer.allocate(6).putInt(bytes).put((byte) 2).put((byte) 0).array();
    attribute(body, 2, mode);
    attribute(body, 5, ByteBuffer.allocate(4).putInt(1).array());
    int length = NETLINK_HEADER + NETFILTER_HEADER + body.position();
    var message = ByteBuffer.allocate(length).order(ByteOrder.nativeOrder());
    message.putInt(length).putShort((short) ULOG_CONFIG).putShort((short) REQUEST);
    message.putInt(1).putInt(0);
    message.put((byte) 0).put((byte) 0);
    message.put((byte) (group >> 8)).put((byte) group);
    message.put(body.array(), 0, body.position());
    return message.array();
  }

  private static void attribute(ByteBuffer out, int type, byte[] value) {
    out.putShort((short) (ATTRIBUTE_HEADER + value.length)).putShort((short) type).put(value);
    while (out.position() % 4 != 0) {
      out.put((byte) 0);
    }
  }

  /** What a datagram of the kernel's tells of; what is no packet is left out. */
  static List<DeniedPacket> of(byte[] datagram) {
    var found = new ArrayList<DeniedPacket>();
    var in = ByteBuffer.wrap(datagram).order(ByteOrder.nativeOrder());
    while (in.remaining() >= NETLINK_HEADER) {
      int start = in.position();
      int length = in.getInt(start);
      int type = in.getShort(start + 4) & 0xffff;
      if (length < NETLINK_HEADER || length > in.remaining()) {
        break;
      }
      if (type == ULOG_PACKET && length >= NETLINK_HEADER + NETFILTER_HEADER) {
        var attributes =
            in.slice(
                    start + NETLINK_HEADER + NETFILTER_HEADER,
                    length - NETLINK_HEADER - NETFILTER_HEADER)
                .order(ByteOrder.nativeOrder());
        payload(attributes).flatMap(DeniedPacket::parse).ifPresent(found::add);
      }
      in.position(Math.min(in.limit(), start + (length + 3) / 4 * 4));
    }
    return found;
  }

  private static Optional<byte[]> payload(ByteBuffer attributes) {
    while (attributes.remaining() >= ATTRIBUTE_HEADER) {
      int start = attributes.position();
      int length = attributes.getShort(start) & 0xffff;
      int type = attributes.getShort(start + 2) & TYPE_MASK;
      if (length < ATTRIBUTE_HEADER || length > attributes.remaining()) {
        return Optional.empty();
      }
      if (type == PAYLOAD) {
        var bytes = new byte[length - ATTRIBUTE_HEADER];
        attributes.get(start + ATTRIBUTE_HEADER, bytes);
        return Optional.of(bytes);
      }
      attributes.position(Math.min(attributes.limit(), start + (length + 3) / 4 * 4));
    }
    return Optional.empty();
  }

  /** Of the begin of a packet, which its guest has made as it liked. */
  static Optional<DeniedPacket> parse(byte[] packet) {
    int version = packet.length == 0 ? 0 : packet[0] >> 4 & 0xf;
    if (version == 4 && packet.length >= IPV4_HEADER) {
      int header = (packet[0] & 0xf) * 4;
      boolean first = (((packet[6] & 0x1f) << 8) | packet[7] & 0xff) == 0;
      return of(packet, 16, 4, packet[9] & 0xff, first ? header : packet.length);
    }
    if (version == 6 && packet.length >= IPV6_HEADER) {
      return of(packet, 24, 16, packet[6] & 0xff, IPV6_HEADER);
    }
    return Optional.empty();
  }

  private static Optional<DeniedPacket> of(
      byte[] packet, int at, int length, int number, int header) {
    try {
      var address = new byte[length];
      System.arraycopy(packet, at, address, 0, length);
      var to = IpBlock.of(InetAddress.getByAddress(address));
      var protocol = Firewall.protocol(number);
      boolean hasPort =
          (protocol == Protocol.TCP || protocol == Protocol.UDP) && header + 4 <= packet.length;
      int port = hasPort ? (packet[header + 2] & 0xff) << 8 | packet[header + 3] & 0xff : 0;
      return Optional.of(new DeniedPacket(to, protocol, port));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }
}
