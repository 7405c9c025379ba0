package io.ironclaw.attacks.r;

import static io.ironclaw.attacks.Victims.sh;
import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.IronClaw;
import io.ironclaw.attacks.Victims;
import io.ironclaw.sandbox.LocalIronClaw;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest that takes all it can get. */
@Tag("vm")
@Timeout(180)
class ResourceAttackTest {
  private IronClaw ironclaw = LocalIronClaw.start(Victims.SETTINGS);

  @BeforeEach
  void start() {
    ironclaw = LocalIronClaw.start(Victims.SETTINGS);
  }

  @AfterEach
  void close() {
    ironclaw.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "b() { b | b & }; b; sleep 100",
        "exec python3 -c 'l = []\nwhile True: l.append(bytearray(1 << 20))'",
        "while :; do :; done",
        "cat /dev/zero >/tmp/full; i=0; while :; do echo >/tmp/$i; i=$((i+1)); done",
        """
        exec python3 -c 'import os
        while True:
          try: os.open("/", 0)
          except OSError: pass'
        """,
      })
  void r1_a_neighbour_and_the_guest_itself_still_answer_and_the_time_limit_ends_it(String attack)
      throws Exception {
    try (var attacker = ironclaw.open();
        var neighbour = ironclaw.open()) {
      var command = ExecSpec.of("/bin/sh", "-c", attack).withTimeout(Duration.ofSeconds(4));
      var running = new FutureTask<>(() -> Victims.run(attacker, command));
      Thread.ofVirtual().start(running);
      for (int i = 0; i < 5; i++) {
        assertThat(sh(neighbour, "echo here").stdout()).isEqualTo("here\n");
      }
      var outcome = running.get().outcome();
      assertThat(outcome instanceof ExecOutcome.TimedOut || outcome.usage().outOfMemory())
          .as("%s", outcome)
          .isTrue();
      assertThat(sh(attacker, "echo here").stdout()).isEqualTo("here\n");
    }
  }

  @Test
  void r2_a_time_limit_ends_all_that_a_command_started_also_what_left_its_session()
      throws Exception {
    try (var sandbox = ironclaw.open()) {
      var command =
          ExecSpec.of("/bin/sh", "-c", "setsid sleep 4321 & (sleep 4322 &) ; sleep 4323")
              .withTimeout(Duration.ofMillis(700));
      assertThat(Victims.run(sandbox, command).outcome()).isInstanceOf(ExecOutcome.TimedOut.class);
      var left = sh(sandbox, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout();
      assertThat(Arrays.asList(left.split(" "))).doesNotContain("4321", "4322", "4323");
    }
  }
}
