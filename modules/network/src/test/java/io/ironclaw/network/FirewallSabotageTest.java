package io.ironclaw.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.EgressLimits;
import io.ironclaw.api.EgressRule;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IpBlock;
import io.ironclaw.api.Network;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Verdict;
import io.ironclaw.jail.Reading;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each part of a firewall is broken alone, with nft or ip, and its item says so. */
class FirewallSabotageTest {
  private static final Network.Tap NETWORK =
      new Network.Tap(
          List.of(
              EgressRule.allowing("203.0.113.7:443"),
              EgressRule.allowing("10.1.0.0/16:80"),
              EgressRule.allowing("api.example.org")),
          List.of(EgressRule.denying("10.1.2.0/24")),
          List.of(),
          EgressLimits.DEFAULT);

  @TempDir Path folder;

  /** Breaks something of a slot, inside and then on the host, each on a slot of its own. */
  private void assertFound(ProofItem item, String says, boolean onHost, String... command)
      throws IOException, HostException, InterruptedException {
    try (var host = HostOfTests.in(folder)) {
      var slot = host.slot(NETWORK);
      assertThat(failed(slot)).as("before").isEmpty();
      var words =
          List.of(command).stream()
              .map(word ->
                  word.replace("TABLE", onHost ? slot.plan().table() : Plan.INSIDE)
                      .replace("LINK", slot.plan().link())
                      .replace("HOST", host.namespace().path().toString()))
              .toArray(String[]::new);
      host.run(onHost ? host.namespace() : slot.inside(), words);
      var failed = failed(slot);
      assertThat(failed).as(String.join(" ", command)).isNotEmpty();
      assertThat(failed.getFirst().item()).isEqualTo(item);
      assertThat(failed.getFirst().text().get()).contains(says);
    }
  }

  private static List<Reading> failed(Slot slot) throws HostException {
    return slot.again().stream().filter(r -> r.verdict() == Verdict.FAILED).toList();
  }

  private static String[] nft(String... words) {
    return new String[] {"nft", String.join(" ", words)};
  }

  @Test
  void a_chain_without_its_hook_and_one_whose_policy_is_accept_are_found() throws Exception {
    assertFound(
        ProofItem.FIREWALL_HOOKS,
        "has type none",
        false,
        nft("delete chain inet TABLE forward; add chain inet TABLE forward"));
    assertFound(
        ProofItem.FIREWALL_HOOKS,
        "is not there",
        true,
        nft("flush chain inet TABLE input; delete chain inet TABLE input"));
    for (var chain : List.of("input", "output", "forward")) {
      assertFound(
          ProofItem.FIREWALL_HOOKS,
          "policy \"accept\", meant is \"drop\"",
          false,
          nft("chain inet TABLE " + chain + " { policy accept; }"));
    }
    assertFound(
        ProofItem.FIREWALL_HOOKS,
        "policy \"accept\", meant is \"drop\"",
        true,
        nft("chain netdev TABLE ingress { policy accept; }"));
    assertFound(
        ProofItem.FIREWALL_HOOKS,
        "prio",
        false,
        nft(
            "delete chain inet TABLE forward; add chain inet TABLE forward { type filter hook"
                + " forward priority 300; policy drop; }"));
  }

  @Test
  void a_rule_that_is_missing_moved_added_or_not_jumped_to_is_found() throws Exception {
    for (boolean onHost : List.of(true, false)) {
      assertFound(ProofItem.FIREWALL_HOOKS, "is not there", onHost, nft("flush ruleset"));
      assertFound(
          ProofItem.FIREWALL_RULES, "is missing", onHost, nft("flush chain inet TABLE forward"));
      assertFound(
          ProofItem.FIREWALL_RULES,
          "rule 1 is",
          onHost,
          nft("insert rule inet TABLE forward accept"));
      assertFound(
          ProofItem.FIREWALL_RULES,
          "is there and not meant",
          onHost,
          nft("add chain inet TABLE another"));
      assertFound(
          ProofItem.FIREWALL_RULES, "is missing", onHost, nft("flush chain netdev TABLE ingress"));
    }
    // The rule that leads to the chain of what may go out.
    assertFound(
        ProofItem.FIREWALL_RULES,
        "forward",
        false,
        "sh",
        "-c",
        "nft delete rule inet TABLE forward handle $(nft -a list chain inet TABLE forward | sed -n"
            + " 's/.*jump egress.*handle //p')");
    // The rule that denies comes after the one that allows.
    assertFound(
        ProofItem.FIREWALL_RULES,
        "egress, rule 2",
        false,
        "sh",
        "-c",
        "nft delete rule inet TABLE egress handle $(nft -a list chain inet TABLE egress | sed -n"
            + " 's/.*deny 1.*handle //p'); nft 'add rule inet TABLE egress ip daddr 10.1.2.0/24"
            + " counter goto denied comment \"deny 1\"'");
    assertFound(ProofItem.FIREWALL_RULES, "live", false, nft("add element inet TABLE live { 77 }"));
    assertFound(
        ProofItem.FIREWALL_RULES,
        "special_4",
        false,
        nft("delete element inet TABLE special_4 { 169.254.0.0/16 }"));
    assertFound(
        ProofItem.FIREWALL_RULES, "is there and not meant", false, nft("add table ip another"));
  }

  @Test
  void a_link_more_in_the_namespace_and_a_tap_that_has_left_it_are_found() throws Exception {
    assertFound(
        ProofItem.NETWORK_LINKS,
        "second",
        false,
        "ip",
        "link",
        "add",
        "second",
        "type",
        "veth",
        "peer",
        "name",
        "third");
    assertFound(
        ProofItem.NETWORK_LINKS,
        "has [lo, uplink]",
        false,
        "ip",
        "link",
        "set",
        "tap0",
        "netns",
        "HOST");
    assertFound(ProofItem.NETWORK_LINKS, "has [lo, tap0]", true, "ip", "link", "del", "LINK");
  }

  @Test
  void an_address_that_no_answer_has_led_to_is_found_in_the_set_of_a_name() throws Exception {
    assertFound(
        ProofItem.FIREWALL_RULES,
        "name_3_4 has 192.0.2.7, which no answer has led to",
        false,
        nft("add element inet TABLE name_3_4 { 192.0.2.7 timeout 60s }"));
    try (var host = HostOfTests.in(folder)) {
      var slot = host.slot(NETWORK);
      var learnt = Map.of("name_3_4", List.of(IpBlock.of("203.0.113.99")));
      slot.learnt().learn(learnt, Duration.ofMinutes(1));
      // Again: what is there gets a new time.
      slot.learnt().learn(learnt, Duration.ofMinutes(5));
      assertThat(failed(slot)).isEmpty();
      assertThat(host.run(slot.inside(), "nft", "list", "set", "inet", Plan.INSIDE, "name_3_4"))
          .contains("203.0.113.99", "timeout 5m");
    }
  }
}
