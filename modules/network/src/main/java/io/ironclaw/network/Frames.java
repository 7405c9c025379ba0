package io.ironclaw.network;

import io.ironclaw.api.IpBlock;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * Ethernet frames to try a firewall with (RFC 894, RFC 791, RFC 8200, RFC 768, RFC 9293, RFC 792).
 *
 * @param from hardware address of the sender
 * @param to of the receiver
 */
record Frames(String from, String to) {
  static final int ICMP = 1;
  static final int TCP = 6;
  static final int UDP = 17;

  private static final HexFormat MAC = HexFormat.ofDelimiter(":");
  private static final int ETHERNET = 14;
  private static final int IPV4 = 0x0800;
  private static final int IPV6 = 0x86dd;
  private static final int VLAN = 0x8100;
  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;
  private static final int TCP_HEADER = 20;
  private static final int UDP_HEADER = 8;
  private static final int DO_NOT_FRAGMENT = 0x4000;
  private static final int MORE_FRAGMENTS = 0x2000;
  private static final int SYN = 0x5002;
  private static final int HOPS = 64;
  private static final int SOURCE_PORT = 40_001;

  /** A packet of IPv4 that opens something: a SYN, a datagram, an echo request. */
  byte[] open(int protocol, IpBlock source, IpBlock target, int port, byte[] content) {
    return ipv4(protocol, source, target, port, content, DO_NOT_FRAGMENT);
  }

  /** The first fragment of a datagram. */
  byte[] fragment(IpBlock source, IpBlock target, int port) {
    return ipv4(UDP, source, target, port, new byte[8], MORE_FRAGMENTS);
  }

  /** The same frame with the tag of a VLAN (IEEE 802.1Q). */
  static byte[] tagged(byte[] frame, int vlan) {
    var out = ByteBuffer.allocate(frame.length + 4);
    out.put(frame, 0, ETHERNET - 2).putShort((short) VLAN).putShort((short) vlan);
    out.put(frame, ETHERNET - 2, frame.length - ETHERNET + 2);
    return out.array();
  }

  private byte[] ipv4(
      int protocol, IpBlock source, IpBlock target, int port, byte[] content, int fragments) {
    var pseudo = ByteBuffer.allocate(12);
    byte[] body = body(protocol, port, content);
    pseudo.put(source.address().getAddress()).put(target.address().getAddress());
    pseudo.putShort((short) protocol).putShort((short) body.length);
    check(protocol, body, pseudo.array());
    var header = ByteBuffer.allocate(IPV4_HEADER);
    header.putShort((short) 0x4500).putShort((short) (IPV4_HEADER + body.length));
    header.putShort((short) 1).putShort((short) fragments);
    header.put((byte) HOPS).put((byte) protocol).putShort((short) 0);
    header.put(source.address().getAddress()).put(target.address().getAddress());
    header.putShort(10, (short) sum(header.array()));
    return ethernet(IPV4, header.array(), body);
  }

  /** A datagram of IPv6. */
  byte[] datagram6(IpBlock source, IpBlock target, int port) {
    byte[] body = body(UDP, port, new byte[8]);
    var pseudo = ByteBuffer.allocate(40);
    pseudo.put(source.address().getAddress()).put(target.address().getAddress());
    pseudo.putInt(body.length).putInt(UDP);
    check(UDP, body, pseudo.array());
    var header = ByteBuffer.allocate(IPV6_HEADER);
    header.putInt(0x6000_0000).putShort((short) body.length).put((byte) UDP).put((byte) HOPS);
    header.put(source.address().getAddress()).put(target.address().getAddress());
    return ethernet(IPV6, header.array(), body);
  }

  /** A frame of no protocol that anybody speaks (IEEE 802, for experiments). */
  byte[] other(byte[] content) {
    return ethernet(0x88b5, new byte[0], content);
  }

  private byte[] ethernet(int type, byte[] header, byte[] body) {
    var out = ByteBuffer.allocate(ETHERNET + header.length + body.length);
    out.put(MAC.parseHex(to)).put(MAC.parseHex(from)).putShort((short) type);
    out.put(header).put(body);
    return out.array();
  }

  private static byte[] body(int protocol, int port, byte[] content) {
    return switch (protocol) {
      case TCP -> {
        var tcp = ByteBuffer.allocate(TCP_HEADER);
        tcp.putShort((short) SOURCE_PORT).putShort((short) port).putInt(1).putInt(0);
        tcp.putShort((short) SYN).putShort((short) 0x7fff);
        yield tcp.array();
      }
      case UDP -> {
        var udp = ByteBuffer.allocate(UDP_HEADER + content.length);
        udp.putShort((short) SOURCE_PORT).putShort((short) port);
        udp.putShort((short) (UDP_HEADER + content.length)).putShort((short) 0);
        udp.put(content);
        yield udp.array();
      }
      default -> {
        var echo = ByteBuffer.allocate(8 + content.length);
        echo.putShort((short) 0x0800).putShort((short) 0).putInt(1).put(content);
        yield echo.array();
      }
    };
  }

  private static void check(int protocol, byte[] body, byte[] pseudo) {
    int at =
        switch (protocol) {
          case TCP -> 16;
          case UDP -> 6;
          default -> 2;
        };
    var all = ByteBuffer.allocate(pseudo.length + body.length + body.length % 2);
    all.put(protocol == ICMP ? new byte[pseudo.length] : pseudo).put(body);
    ByteBuffer.wrap(body).putShort(at, (short) sum(all.array()));
  }

  /** The internet checksum (RFC 1071) of an even number of bytes. */
  private static int sum(byte[] bytes) {
    var in = ByteBuffer.wrap(bytes);
    int sum = 0;
    while (in.hasRemaining()) {
      sum += in.getShort() & 0xffff;
    }
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    return ~sum & 0xffff;
  }
}
