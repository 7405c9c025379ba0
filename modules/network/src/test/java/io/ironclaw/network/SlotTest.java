package io.ironclaw.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.EgressLimits;
import io.ironclaw.api.EgressRule;
import io.ironclaw.api.HostException;
import io.ironclaw.api.Network;
import io.ironclaw.api.PublishedPort;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SlotTest {
  /** Every kind of rule that there is. */
  private static final Network.Tap EVERYTHING =
      new Network.Tap(
          List.of(
              EgressRule.allowing("api.example.org:443"),
              EgressRule.allowing("*.example.net:8000-8080/udp"),
              EgressRule.allowing("10.1.2.0/24:5432/tcp"),
              EgressRule.allowing("0.0.0.0/0:443"),
              EgressRule.allowing("203.0.113.7:*"),
              EgressRule.allowing("203.0.113.8/icmp"),
              EgressRule.allowing("[2001:db8::/32]:443"),
              EgressRule.allowing("[2001:db8::7]/icmp"),
              EgressRule.allowing("[::]:*/udp")),
          List.of(
              EgressRule.denying("203.0.113.9"),
              EgressRule.denying("203.0.113.0/28:25"),
              EgressRule.denying("[2001:db8:1::/48]/udp"),
              EgressRule.denying("bad.example.org")),
          List.of(PublishedPort.parse("8080:80"), PublishedPort.parse("8443:443")),
          new EgressLimits(10, 20, 30));

  @TempDir Path folder;

  @Test
  void what_nft_reads_back_is_what_was_meant_inside_and_on_the_host() throws Exception {
    try (var host = HostOfTests.in(folder)) {
      for (var network : List.of(Network.Tap.CLOSED, EVERYTHING)) {
        if (network.hasIpv6()) {
          host.set("ipv6/conf/all/forwarding", "1");
        }
        var slot = host.slot(network);
        var inside = Ruleset.listed(slot.reader().inside());
        assertThat(slot.reader().meantInside().unhooked(inside)).isEmpty();
        assertThat(slot.reader().meantInside().difference(inside)).isEmpty();
        var outside = Ruleset.listed(slot.reader().outside());
        assertThat(slot.reader().meantOutside().unhooked(outside)).isEmpty();
        assertThat(slot.reader().meantOutside().difference(outside)).isEmpty();
        assertThat(host.run(slot.inside(), "ip", "-d", "-br", "link", "show", "type", "veth"))
            .startsWith("uplink@");
        assertThat(host.run(slot.inside(), "ip", "-d", "link", "show", "tap0"))
            .contains("tun type tap");
      }
    }
  }

  @Test
  void slots_have_numbers_of_their_own_and_leave_nothing_on_the_host()
      throws IOException, HostException {
    try (var host = HostOfTests.in(folder)) {
      var before = host.listing();
      var first = host.slot(Network.Tap.CLOSED);
      var second = host.slot(Network.Tap.CLOSED);
      assertThat(first.plan()).isNotEqualTo(second.plan());
      assertThat(host.listing()).contains(first.plan().link(), second.plan().table());
      first.close();
      second.close();
      assertThat(host.listing()).isEqualTo(before);
    }
  }

  @Test
  void a_host_that_does_not_forward_is_told_how_to() throws IOException, HostException {
    try (var host = HostOfTests.in(folder)) {
      host.set("ipv4/ip_forward", "0");
      assertThatThrownBy(() -> host.slot(Network.Tap.CLOSED))
          .isInstanceOf(HostException.class)
          .hasMessageContaining("sysctl -w net.ipv4.ip_forward=1");
      assertThat(host.listing()).doesNotContain(Plan.LINK);
    }
  }

  @Test
  void a_host_whose_own_firewall_drops_what_it_should_forward_is_told_which_chain_it_is()
      throws IOException, HostException {
    try (var host = HostOfTests.in(folder)) {
      var table = new Table("ip", "another_firewall");
      table.base("FORWARD", "filter", "forward", 0, "drop");
      host.tools().load(List.of(table));
      assertThatThrownBy(() -> host.slot(Network.Tap.CLOSED))
          .isInstanceOf(HostException.class)
          .hasMessageContaining("ip another_firewall FORWARD, policy drop")
          .hasMessageContaining("let IronClaw's links pass");
      host.tools().delete(List.of(table));
      host.slot(Network.Tap.CLOSED);
    }
  }

  @Test
  void what_a_killed_owner_has_left_is_cleared_and_what_somebody_has_is_not()
      throws IOException, HostException {
    try (var host = HostOfTests.in(folder)) {
      var alive = host.slot(Network.Tap.CLOSED);
      var dead = new Plan(alive.plan().slot() + 1);
      host.tools().ip(List.of("link add " + dead.link() + " type veth peer name somewhere"));
      host.tools().load(new HostFirewall(dead, false).outside());
      host.tools().load(List.of(new Table("inet", "ironclaw_of_somebody_else")));

      assertThat(Leftovers.clear(host.tools(), host.numbers())).isEqualTo(1);
      assertThat(host.listing())
          .contains(alive.plan().table(), alive.plan().link(), "ironclaw_of_somebody_else")
          .doesNotContain(dead.link(), dead.table());
      host.tools().delete(List.of(new Table("inet", "ironclaw_of_somebody_else")));
    }
  }
}
