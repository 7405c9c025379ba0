package io.ironclaw.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class EgressRuleTest {
  @Test
  void a_rule_is_read_as_it_is_written() {
    for (var pair :
        List.of(
            List.of("api.example.org:443", "api.example.org:443"),
            List.of("API.Example.ORG.", "api.example.org:443"),
            List.of("*.example.org:80-81", "*.example.org:80-81"),
            List.of("xn--bcher-kva.example:*", "xn--bcher-kva.example:*"),
            List.of("10.1.2.0/24:5432/tcp", "10.1.2.0/24:5432"),
            List.of("10.1.2.0/24", "10.1.2.0/24:443"),
            List.of("192.0.2.1:53/UDP", "192.0.2.1:53/udp"),
            List.of("192.0.2.1/icmp", "192.0.2.1/icmp"),
            List.of("192.0.2.0/24/icmp", "192.0.2.0/24/icmp"),
            List.of("[2001:DB8::/32]:8443", "[2001:db8::/32]:8443"),
            List.of("[2001:db8::1]", "[2001:db8::1]:443"))) {
      assertThat(EgressRule.allowing(pair.getFirst())).hasToString(pair.getLast());
      assertThat(EgressRule.allowing(pair.getLast())).hasToString(pair.getLast());
    }
  }

  @Test
  void what_is_denied_without_a_port_is_denied_at_every_port() {
    assertThat(EgressRule.denying("10.0.0.0/8").protocol()).isEqualTo(EgressRule.Protocol.ANY);
    assertThat(EgressRule.denying("example.org:25")).hasToString("example.org:25");
    assertThat(EgressRule.denying("example.org/udp")).hasToString("example.org:*/udp");
  }

  @Test
  void what_names_no_host_port_or_protocol_is_refused_with_what_to_write() {
    for (var text :
        List.of(
            "",
            ":443",
            ".example.org",
            "example..org",
            "-a.example",
            "allowed.com@evil.example:443",
            "evil.example\0.allowed.com",
            "evil%2eallowed.com",
            "bücher.example",
            "*.*.example.org",
            "*",
            "a b",
            "2130706433:80",
            "0x7f000001:80",
            "017700000001",
            "0177.0.0.1:80",
            "127.1:80",
            "10.1.2.3/24:80",
            "example.org:0",
            "example.org:65536",
            "example.org:9-8",
            "example.org:http",
            "example.org:443/sctp",
            "example.org:1/icmp",
            "2001:db8::1",
            "2001:db8::1:443",
            "[10.0.0.1]:80",
            "[::1",
            "https://example.org",
            "a".repeat(64) + ".org")) {
      assertThatThrownBy(() -> EgressRule.allowing(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is no rule: ")
          .hasMessageContaining("write NAME:PORT")
          .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n").doesNotContain("\0"));
    }
  }

  @Test
  void a_name_is_about_itself_alone_and_a_star_about_what_is_below_it_alone() {
    var name = new EgressRule.Destination.Name("example.org", false);
    assertThat(name.matches("example.org")).isTrue();
    assertThat(name.matches("www.example.org")).isFalse();
    assertThat(name.matches("example.org.evil")).isFalse();
    var below = new EgressRule.Destination.Name("example.org", true);
    assertThat(below.matches("a.b.example.org")).isTrue();
    assertThat(below.matches("example.org")).isFalse();
    assertThat(below.matches("notexample.org")).isFalse();
  }

  @Test
  void a_port_is_published_on_the_loopback_unless_another_address_is_named() {
    assertThat(PublishedPort.parse("8080:80")).hasToString("127.0.0.1:8080:80");
    assertThat(PublishedPort.parse("0.0.0.0:8080:80")).hasToString("0.0.0.0:8080:80");
    assertThat(PublishedPort.parse("[::1]:8080:80")).hasToString("[::1]:8080:80");
    for (var text : List.of("80", "0:80", "8080:65536", "x:8080:80", "127.1:8080:80", "::1:1:2")) {
      assertThatThrownBy(() -> PublishedPort.parse(text))
          .as(text)
          .hasMessageContaining("write HOST_PORT:GUEST_PORT");
    }
  }

  @Test
  void limits_are_read_in_any_order_and_none_is_without_a_bound() {
    assertThat(EgressLimits.parse("bytes=2g,connections=7"))
        .isEqualTo(new EgressLimits(7, 100, 2_048));
    for (var text : List.of("", "bytes=5", "rate=0", "rate", "connections=99999", "x=1")) {
      assertThatThrownBy(() -> EgressLimits.parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
