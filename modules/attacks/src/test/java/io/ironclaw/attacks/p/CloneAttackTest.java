package io.ironclaw.attacks.p;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.attacks.Victims;
import io.ironclaw.sandbox.LocalIronClaw;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clones of one template could share and must not. */
@Tag("vm")
@Timeout(180)
class CloneAttackTest {
  private static final int CLONES = 8;

  /** What a guest says of itself: every field but the time must be its own. */
  private static final String WHO =
      "head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \\n'; echo;"
          + " cat /proc/sys/kernel/random/uuid;"
          + " python3 -c 'import secrets, ssl, random; print(secrets.token_hex(16));"
          + " print(random.SystemRandom().random()); print(ssl.RAND_bytes(16).hex())';"
          + " hostname; date +%s%3N";

  @Test
  void p1_eight_clones_at_once_differ_in_all_that_is_random_and_know_the_time() throws Exception {
    try (var ironclaw = LocalIronClaw.start(Victims.SETTINGS)) {
      ironclaw.open().close();
      var opening = new ArrayList<FutureTask<Sandbox>>();
      for (int i = 0; i < CLONES; i++) {
        var task = new FutureTask<>(ironclaw::open);
        Thread.ofVirtual().start(task);
        opening.add(task);
      }
      var fields = new HashSet<String>();
      int each = 0;
      for (var task : opening) {
        var sandbox = task.get();
        assertThat(sandbox.spawn().how()).isEqualTo(SpawnReport.How.CLONE);
        var lines = Victims.sh(sandbox, WHO).stdout().lines().toList();
        var error =
            Duration.between(Instant.ofEpochMilli(Long.parseLong(lines.getLast())), Instant.now());
        assertThat(error.abs()).isLessThan(Duration.ofMillis(1_500));
        var own = Set.copyOf(lines.subList(0, lines.size() - 1));
        each = own.size();
        fields.addAll(own);
      }
      assertThat(each).isEqualTo(6);
      assertThat(fields).hasSize(CLONES * each);
    }
  }
}
