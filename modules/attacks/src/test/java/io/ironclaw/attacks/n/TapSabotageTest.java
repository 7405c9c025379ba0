package io.ironclaw.attacks.n;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.EgressRule;
import io.ironclaw.api.Network;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.sandbox.LocalIronClaw;
import io.ironclaw.sandbox.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A firewall that is not what it says it is: nothing but a packet can tell. */
@Tag("network")
@Timeout(120)
class TapSabotageTest {
  /** An nft that hides a rule. */
  static final Path LIAR =
      Path.of(System.getProperty("ironclaw.root"), "modules/attacks/src/test/python/lying_nft.py");

  @TempDir Path folder;

  private void assertNoVm(String rule, String says) throws Exception {
    Path nft = folder.resolve("nft");
    Files.writeString(nft, Files.readString(LIAR).replace("RULE", rule));
    Files.setPosixFilePermissions(nft, PosixFilePermissions.fromString("rwxr-xr-x"));
    var environment = new HashMap<>(System.getenv());
    environment.put("PATH", folder + ":" + System.getenv("PATH"));
    environment.put("IRONCLAW_DNS", World.RESOLVER);
    var network = Network.Tap.CLOSED.allowing(List.of(EgressRule.allowing("203.0.113.10:80")));
    try (var _ = World.make();
        var ironclaw = LocalIronClaw.start(Settings.fromEnvironment(environment))) {
      assertThatThrownBy(() -> ironclaw.open(SandboxSpec.fresh().withNetwork(network)))
          .as(rule)
          .isInstanceOfSatisfying(
              ProofException.class, e -> assertThat(e.item()).isEqualTo(ProofItem.FIREWALL_PROBE))
          .hasMessageContaining(says);
    }
  }

  @Test
  void a_firewall_that_lets_pass_what_it_must_not_makes_no_vm() throws Exception {
    assertNoVm(
        "insert rule inet ironclaw forward iifname tap0 accept",
        "\"refused tcp\" rose by 1, not by 3");
    assertNoVm(
        "insert rule inet ironclaw forward iifname tap0 meta l4proto icmp drop",
        "\"refused icmp\" rose by 0, not by 1");
  }

  @Test
  void a_firewall_that_does_not_look_at_senders_makes_no_vm() throws Exception {
    assertNoVm("insert rule netdev ironclaw ingress accept", "\"foreign mac\" rose by 0, not by 1");
  }

  @Test
  void a_firewall_that_drops_what_it_should_let_pass_makes_no_vm() throws Exception {
    assertNoVm("insert rule inet ironclaw input drop", "what is allowed did not come through");
  }
}
