package io.ironclaw.vm.firecracker;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.jail.Remains;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever starts machines is killed, or a machine is. */
@Tag("firecracker")
class KillTest {
  private static final long MOST_DELAY_NANOS = 25_000_000;
  private static final int ROUNDS = 3;

  @TempDir private Path temp;

  @ParameterizedTest
  @ValueSource(strings = {"booting", "running", "saving", "restoring", "cloned"})
  void nothing_runs_on_when_ironclaw_is_killed(String phase) throws Exception {
    var random = new Random(18);
    var before = Traces.now();
    for (int round = 0; round < ROUNDS; round++) {
      Path folder = Files.createDirectory(temp.resolve("round-" + round));
      var victim =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Victim.class.getName(),
                  folder.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (var says =
          new BufferedReader(
              new InputStreamReader(victim.getInputStream(), StandardCharsets.UTF_8))) {
        String line = says.readLine();
        while (line != null && !line.equals(phase)) {
          line = says.readLine();
        }
        assertThat(line).isEqualTo(phase);
        LockSupport.parkNanos(random.nextLong(MOST_DELAY_NANOS));
        victim.destroyForcibly();
        assertThat(victim.waitFor(5, TimeUnit.SECONDS)).isTrue();
      }
      awaitNoProcesses(before);
      // As the next start does it.
      try (var folders = Files.list(folder)) {
        for (var each : folders.filter(Files::isDirectory).toList()) {
          Remains.clear(each);
        }
      }
      before.assertNoMore();
    }
  }

  /** The kernel ends them, and does not say when. */
  private static void awaitNoProcesses(Traces before) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (System.nanoTime() < end) {
      var now = Traces.now().found();
      now.removeAll(before.found());
      now.removeIf(trace -> !trace.startsWith("process"));
      if (now.isEmpty()) {
        return;
      }
      Thread.onSpinWait();
    }
  }

  @Test
  void a_machine_that_is_killed_is_gone_and_its_end_is_known() throws Exception {
    var before = Traces.now();
    try (var bench = Bench.in(temp);
        var machine = bench.boot()) {
      ProcessHandle.of(machine.pid()).orElseThrow().destroyForcibly();
      assertThat(machine.awaitExit(java.time.Duration.ofSeconds(5))).hasValue(128 + 9);
    }
    before.assertNoMore();
  }
}
