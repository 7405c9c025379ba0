package io.ironclaw.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.EgressRule.Protocol;
import io.ironclaw.api.IpBlock;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DeniedPacketTest {
  private static final Frames FRAMES = new Frames(Plan.GUEST_MAC, Plan.GATEWAY_MAC);
  private static final IpBlock GUEST = Plan.GUEST;
  private static final IpBlock TARGET = IpBlock.of("203.0.113.9");

  private static byte[] packet(byte[] frame) {
    return Arrays.copyOfRange(frame, 14, frame.length);
  }

  @Test
  void a_header_says_where_a_packet_was_to_go() {
    assertThat(
            DeniedPacket.parse(packet(FRAMES.open(Frames.TCP, GUEST, TARGET, 8_080, new byte[0]))))
        .contains(new DeniedPacket(TARGET, Protocol.TCP, 8_080));
    assertThat(
            DeniedPacket.parse(packet(FRAMES.open(Frames.UDP, GUEST, TARGET, 65_535, new byte[4]))))
        .contains(new DeniedPacket(TARGET, Protocol.UDP, 65_535));
    assertThat(DeniedPacket.parse(packet(FRAMES.open(Frames.ICMP, GUEST, TARGET, 0, new byte[4]))))
        .contains(new DeniedPacket(TARGET, Protocol.ICMP, 0));
    var six = IpBlock.of("2001:db8::9");
    assertThat(DeniedPacket.parse(packet(FRAMES.datagram6(IpBlock.of("fe80::1"), six, 53))))
        .contains(new DeniedPacket(six, Protocol.UDP, 53));
  }

  @Test
  void whatever_a_guest_sends_is_a_packet_or_none() {
    var random = new Random(17);
    var whole = packet(FRAMES.open(Frames.TCP, GUEST, TARGET, 8_080, new byte[40]));
    for (int i = 0; i < 50_000; i++) {
      var bytes = Arrays.copyOf(whole, random.nextInt(whole.length + 1));
      for (int flip = random.nextInt(4); flip > 0 && bytes.length > 0; flip--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      var parsed = DeniedPacket.parse(bytes);
      assertThat(parsed.map(DeniedPacket::port).orElse(0)).isBetween(0, 65_535);
      var noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      if (noise.length > 20) {
        // As long as it says it is, of the right kind.
        noise[0] = (byte) noise.length;
        noise[1] = noise[2] = noise[3] = 0;
        noise[4] = 0;
        noise[5] = 4;
      }
      assertThat(DeniedPacket.of(noise)).hasSizeLessThan(10);
    }
  }
}
