package io.ironclaw.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.Seccomp;
import io.ironclaw.api.SpawnReport;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * QEMU under the minimal policy through every phase, over and over: what it does once in a while
 * must not kill it. More rounds with {@code -Dironclaw.rounds=200}.
 */
@Tag("vm")
@Timeout(1_800)
class SeccompRoundsVmTest {
  private static final int ROUNDS = Integer.getInteger("ironclaw.rounds", 20);
  private static final int COLD_EVERY = 10;
  private static final int BULK = 4 << 20;

  @Test
  void the_minimal_policy_never_kills_a_qemu_that_does_its_work() throws Exception {
    var settings = RealVms.settings().with(Seccomp.MINIMAL);
    try (var clones = LocalIronClaw.start(settings);
        var boots = LocalIronClaw.start(settings.withoutTemplates())) {
      for (int round = 0; round < ROUNDS; round++) {
        boolean boot = round % COLD_EVERY == 0;
        // Each of these sizes is a template of its own, which is built in the first round.
        var shape = new MachineShape(1 + round % 2, 128 + 32 * (round % 3));
        try (var vm = (boot ? boots : clones).open(SandboxSpec.fresh().withShape(shape))) {
          assertThat(vm.spawn().seccomp()).isEqualTo(Seccomp.MINIMAL);
          assertThat(vm.spawn().how())
              .as("round %d", round)
              .isEqualTo(boot ? SpawnReport.How.COLD_BOOT : SpawnReport.How.CLONE);
          work(vm);
        }
      }
    }
  }

  private static void work(Sandbox vm) throws Exception {
    assertThat(RealVms.sh(vm, "ls -R /usr/share >/dev/null; cat /etc/hostname; true").stdout())
        .isNotEmpty();
    vm.writeFile("/tmp/in", 0600, false, new ByteArrayInputStream(new byte[BULK]));
    assertThat(vm.readFile("/tmp/in", 0, 0, OutputStream.nullOutputStream()).size())
        .isEqualTo(BULK);
    assertThat(
            RealVms.run(vm, ExecSpec.of(List.of("head", "-c", "" + BULK, "/dev/urandom")))
                .outcome()
                .shellStatus())
        .isZero();
  }
}
