package io.ironclaw.cli.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.host.PrivateDir;
import io.ironclaw.sandbox.Settings;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** All attacks of {@code doctor --attack}, on this host. */
@Tag("vm")
@Timeout(200)
class AttackRunVmTest {
  @Test
  void every_attack_comes_to_nothing_within_two_minutes() throws Exception {
    var done = AttackRun.on(Settings.fromEnvironment(System.getenv()), _ -> {});
    assertThat(done.findings())
        .hasSize(InsideAttacks.ALL.size() + AroundAttacks.ALL.size())
        .noneMatch(AttackRun.Finding::isBroken);
    assertThat(done.findings().stream().filter(f -> f.result().equals("not tried")).count())
        .isEqualTo(PrivateDir.isRoot() ? 0 : 1);
    var took = done.findings().stream().map(AttackRun.Finding::took).reduce(Duration::plus);
    assertThat(took).hasValueSatisfying(all -> assertThat(all).isLessThan(AttackRun.LIMIT));
  }

  @Test
  void every_attack_has_a_name_of_its_own() {
    assertThat(
            Stream.concat(InsideAttacks.ALL.stream(), AroundAttacks.ALL.stream()).map(Attack::id))
        .doesNotHaveDuplicates();
  }
}
