package io.ironclaw.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MarkTest {
  private static Map<String, Mark.Verdict> verdicts(Results results) {
    return Mark.of(results).stream().collect(Collectors.toMap(Mark::text, Mark::verdict));
  }

  @Test
  void a_clone_is_judged_by_its_difference_to_the_floor_in_time_and_in_cpu() {
    var good = new Results();
    good.add("clone_ms", 314);
    good.add("clone_floor_ms", 300);
    good.add("clone_cpu_ms", 314);
    good.add("clone_floor_cpu_ms", 300);
    var bad = new Results();
    bad.add("clone_ms", 316);
    bad.add("clone_floor_ms", 300);
    bad.add("clone_cpu_ms", 316);
    bad.add("clone_floor_cpu_ms", 300);

    for (var mark : List.of("clone, over a bare clone's", "clone, CPU over a bare clone's")) {
      assertThat(verdicts(good)).containsEntry(mark, Mark.Verdict.REACHED);
      assertThat(verdicts(bad)).containsEntry(mark, Mark.Verdict.MISSED);
    }
  }

  @Test
  void a_proof_is_judged_by_its_difference_and_the_slowest_of_all() {
    var results = new Results();
    results.add("clone_proven_ms", 104);
    results.add("clone_unproven_ms", 100);
    results.add("proof_ms", 3);
    results.add("proof_ms", 51);
    results.add("proof_ms", 3);

    assertThat(verdicts(results))
        .containsEntry("the proof of a clone", Mark.Verdict.REACHED)
        .containsEntry("the slowest of all proofs", Mark.Verdict.MISSED);
  }

  @Test
  void throughput_is_judged_by_the_least_that_it_must_be() {
    var results = new Results();
    results.add("out_mb_s", 70);
    results.add("out_floor_mb_s", 100);
    results.add("in_mb_s", 50);
    results.add("in_floor_mb_s", 100);

    assertThat(verdicts(results))
        .containsEntry("out / bare port", Mark.Verdict.REACHED)
        .containsEntry("in / bare port", Mark.Verdict.MISSED);
  }

  @Test
  void a_mark_without_its_figures_is_not_measured_and_never_reached() {
    assertThat(Mark.of(new Results()))
        .extracting(Mark::verdict)
        .containsOnly(Mark.Verdict.NOT_MEASURED);
  }
}
