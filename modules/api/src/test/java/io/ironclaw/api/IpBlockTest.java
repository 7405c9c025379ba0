package io.ironclaw.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IpBlockTest {
  @Test
  void what_other_programs_take_for_an_address_is_none() {
    for (var text :
        List.of(
            "2130706433",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "0x7f000001",
            "127.1",
            "127.0.0.1.",
            "127.0.0.01",
            "256.0.0.1",
            "1.2.3.4.5",
            "::ffff:127.0.0.1",
            "fe80::1%eth0",
            "1::2::3",
            ":::",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "12345::",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "10.0.0.0/",
            "")) {
      assertThat(IpBlock.parse(text)).as(text).isEmpty();
    }
  }

  @Test
  void an_address_is_written_in_its_shortest_way() {
    for (var pair :
        List.of(
            List.of("2001:0db8:0:0:0:0:0:0001", "2001:db8::1"),
            List.of("::", "::"),
            List.of("::1", "::1"),
            List.of("1::", "1::"),
            List.of("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
            List.of("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
            List.of("FD00:EC2::254", "fd00:ec2::254"),
            List.of("::ffff:7f00:1", "::ffff:7f00:1"),
            List.of("10.0.0.0/8", "10.0.0.0/8"),
            List.of("10.0.0.1/32", "10.0.0.1"))) {
      assertThat(IpBlock.of(pair.getFirst())).hasToString(pair.getLast());
    }
  }

  @Test
  void every_ipv6_address_is_the_one_that_the_library_writes_and_reads()
      throws UnknownHostException {
    var random = new Random(17);
    for (int i = 0; i < 20_000; i++) {
      var bytes = new byte[16];
      random.nextBytes(bytes);
      for (int group = 0; group < 8; group++) {
        if (random.nextInt(3) > 0) {
          bytes[2 * group] = 0;
          bytes[2 * group + 1] = random.nextBoolean() ? 0 : bytes[2 * group + 1];
        }
      }
      var theirs = Inet6Address.getByAddress(null, bytes, -1);
      var ours = IpBlock.of(theirs.getHostAddress());
      assertThat(ours.address().getAddress()).isEqualTo(bytes);
      assertThat(IpBlock.of(ours.toString())).isEqualTo(ours);
      assertThat(HexFormat.of().formatHex(InetAddress.getByName(ours.toString()).getAddress()))
          .endsWith(HexFormat.of().formatHex(bytes, 12, 16));
    }
  }

  @Test
  void a_block_contains_what_begins_with_its_bits_and_is_of_its_family() {
    var ten = IpBlock.of("10.0.0.0/8");
    assertThat(ten.contains(IpBlock.of("10.255.255.255"))).isTrue();
    assertThat(ten.contains(IpBlock.of("10.1.0.0/16"))).isTrue();
    assertThat(ten.contains(IpBlock.of("11.0.0.0"))).isFalse();
    assertThat(ten.contains(IpBlock.of("8.0.0.0/7"))).isFalse();
    assertThat(ten.contains(IpBlock.of("::ffff:a00:1"))).isFalse();
    assertThat(IpBlock.of("0.0.0.0/0").contains(ten)).isTrue();
    assertThatThrownBy(() -> new IpBlock(IpBlock.Family.IPV4, BigInteger.ONE, 31))
        .hasMessageContaining("address bits behind its prefix");
  }
}
