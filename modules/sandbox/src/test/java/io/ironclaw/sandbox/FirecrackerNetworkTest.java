package io.ironclaw.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ironclaw.api.EgressRule;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.Network;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A network device on the real Firecracker: what a guest sends is judged by the firewall. In a
 * network namespace that was made for the tests.
 */
@Tag("network")
@Timeout(120)
class FirecrackerNetworkTest {
  private static final List<ProofItem> FIREWALL =
      List.of(
          ProofItem.NETWORK_LINKS,
          ProofItem.FIREWALL_HOOKS,
          ProofItem.FIREWALL_RULES,
          ProofItem.FIREWALL_PROBE);

  @TempDir Path temp;

  @BeforeEach
  void in_a_world_of_its_own() throws Exception {
    assumeTrue(
        System.getenv("IRONCLAW_TEST_FIRECRACKER") != null,
        "NOT TESTED: a network device on Firecracker: there is none here");
    assertThat(System.getenv("IRONCLAW_TEST_WORLD")).as("not this machine's network").isNotNull();
    var up = new ProcessBuilder("ip", "link", "set", "lo", "up").inheritIO().start();
    assertThat(up.waitFor(10, TimeUnit.SECONDS)).isTrue();
    Files.writeString(Path.of("/proc/sys/net/ipv4/ip_forward"), "1");
  }

  private static SandboxSpec spec() {
    return FirecrackerStack.spec()
        .withNetwork(Network.Tap.CLOSED.allowing(List.of(EgressRule.allowing("203.0.113.10:80"))));
  }

  @Test
  void a_clone_with_a_network_device_is_proven_by_packets() throws Exception {
    var stack = new FirecrackerStack(temp);
    try (var factory = stack.factory(System.getenv("PATH"))) {
      for (int i = 0; i < 3; i++) {
        try (var sandbox = factory.open(spec(), stack.image(), _ -> {})) {
          assertThat(sandbox.spawn().how()).isEqualTo(SpawnReport.How.CLONE);
          assertThat(FirecrackerStack.echo(sandbox, "hello")).isEqualTo("hello\n");
          assertThat(sandbox.handOutProof().items())
              .filteredOn(item -> FIREWALL.contains(item.what()))
              .extracting(IsolationProof.Item::verdict)
              .containsOnly(Verdict.PROVEN)
              .hasSize(FIREWALL.size());
          assertThat(FirecrackerStack.missing(sandbox.proof()))
              .allMatch(line -> line.startsWith("no-network-device ABSENT"))
              .hasSize(1);
        }
      }
    }
    assertThat(stack.told()).noneMatch(line -> line.contains("put aside"));
  }

  @Test
  void a_guest_that_boots_with_a_network_device_is_proven_by_packets() throws Exception {
    var stack = new FirecrackerStack(temp);
    try (var factory = stack.factory(System.getenv("PATH"));
        var sandbox = factory.openCold(spec(), stack.image(), _ -> {})) {
      assertThat(FirecrackerStack.echo(sandbox, "hello")).isEqualTo("hello\n");
    }
  }

  @Test
  void a_firewall_that_does_not_look_at_senders_makes_no_vm() throws Exception {
    Path tools = Files.createDirectory(temp.resolve("tools"));
    String liar =
        Files.readString(
            Path.of(
                System.getProperty("ironclaw.root"),
                "modules/attacks/src/test/python/lying_nft.py"));
    Path nft =
        Files.writeString(
            tools.resolve("nft"),
            liar.replace("RULE", "insert rule netdev ironclaw ingress accept"));
    Files.setPosixFilePermissions(nft, PosixFilePermissions.fromString("rwxr-xr-x"));
    var stack = new FirecrackerStack(temp);
    try (var factory = stack.factory(tools + ":" + System.getenv("PATH"))) {
      assertThatThrownBy(() -> factory.openCold(spec(), stack.image(), _ -> {}))
          .isInstanceOfSatisfying(
              ProofException.class, e -> assertThat(e.item()).isEqualTo(ProofItem.FIREWALL_PROBE))
          .hasMessageContaining("\"foreign mac\" rose by 0, not by 1");
    }
  }
}
