package io.ironclaw.attacks.n;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.ExecSpec;
import io.ironclaw.attacks.Victims;
import io.ironclaw.sandbox.LocalIronClaw;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A guest's root against the mode none: there is nothing to send by. */
@Tag("vm")
@Timeout(120)
class NetworkAttackTest {
  /** Prints what got out; every way must fail at once, as there is no device to send by. */
  private static final String TRY_ALL =
      """
      import errno, socket, os
      out = []
      def attempt(name, family, kind, protocol, address):
          try:
              s = socket.socket(family, kind, protocol)
              s.settimeout(2)
              s.connect(address) if kind == socket.SOCK_STREAM else s.sendto(bytes(8), address)
              out.append(name + ' ' + str(address))
          except OSError as e:
              if not e.errno:
                  out.append(name + ' waited for ' + str(address))
      for host in ADDRESSES:
          family = socket.AF_INET6 if ':' in host else socket.AF_INET
          attempt('tcp', family, socket.SOCK_STREAM, 0, (host, 80))
          attempt('udp', family, socket.SOCK_DGRAM, 0, (host, 53))
          if family == socket.AF_INET:
              attempt('icmp', family, socket.SOCK_RAW, socket.IPPROTO_ICMP, (host, 0))
      try:
          s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
          s.bind(('eth0', 0))
          out.append('packet')
      except OSError:
          pass
      print(sorted(os.listdir('/sys/class/net')), out)
      """;

  private static String attack(String addresses) throws Exception {
    try (var ironclaw = LocalIronClaw.start(Victims.SETTINGS);
        var sandbox = ironclaw.open()) {
      var script = TRY_ALL.replace("ADDRESSES", addresses);
      return Victims.run(sandbox, ExecSpec.of("python3", "-c", script)).stdout();
    }
  }

  @Test
  void a_packet_that_does_go_out_is_seen() throws Exception {
    assertThat(attack("['127.0.0.1']")).contains("udp").contains("icmp");
  }

  @Test
  void n1_no_protocol_gets_a_packet_out() throws Exception {
    assertThat(attack("['1.1.1.1', '10.0.0.1', '224.0.0.1', '255.255.255.255', '2606:4700::1111']"))
        .isEqualTo("['lo'] []\n");
  }

  @Test
  void n2_metadata_gateways_and_neighbours_are_not_there() throws Exception {
    assertThat(
            attack(
                "['169.254.169.254', 'fd00:ec2::254', '10.0.2.2', '172.17.0.1', '192.168.0.1',"
                    + " '100.64.0.1', '::ffff:169.254.169.254', 'fe80::1']"))
        .isEqualTo("['lo'] []\n");
  }
}
