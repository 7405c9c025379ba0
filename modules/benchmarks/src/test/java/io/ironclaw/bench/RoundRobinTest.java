package io.ironclaw.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoundRobinTest {
  private final List<String> runs = new ArrayList<>();
  private final Results results = new Results();

  private Probe probe(String name, int warmUps, int perRound, int everyRounds) {
    return new Probe(
        name,
        warmUps,
        perRound,
        everyRounds,
        r -> {
          runs.add(name);
          r.add(name, 1);
        });
  }

  @Test
  void probes_take_turns() throws Exception {
    new RoundRobin(List.of(probe("a", 0, 1, 1), probe("b", 0, 2, 2)), _ -> {}).run(3, results);

    assertThat(runs).containsExactly("a", "b", "b", "a", "a", "b", "b");
  }

  @Test
  void warm_ups_are_run_and_not_counted() throws Exception {
    new RoundRobin(List.of(probe("a", 5, 1, 1)), _ -> {}).run(2, results);

    assertThat(runs).hasSize(7);
    assertThat(results.all().get("a").n()).isEqualTo(2);
    assertThat(results.attempts()).containsEntry("a", 2);
  }

  @Test
  void a_failed_run_is_counted_and_the_others_go_on() throws Exception {
    var failing =
        new Probe(
            "bad",
            1,
            1,
            1,
            _ -> {
              throw new IOException("no luck");
            });

    new RoundRobin(List.of(failing, probe("good", 0, 1, 1)), _ -> {}).run(2, results);

    assertThat(results.failures().get("bad")).containsExactly("no luck", "no luck");
    assertThat(results.failures().get("bad (warming up)")).containsExactly("no luck");
    assertThat(results.attempts()).containsEntry("bad", 2);
    assertThat(results.all()).containsOnlyKeys("good");
  }
}
