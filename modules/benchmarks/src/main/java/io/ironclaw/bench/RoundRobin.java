package io.ironclaw.bench;

import java.util.List;
import java.util.function.Consumer;

/** Runs probes in turns, so that a machine that gets slower or faster does so for all of them. */
final class RoundRobin {
  private static final int MOST_FAILURES_SHOWN = 200;

  private final List<Probe> probes;
  private final Consumer<String> progress;

  RoundRobin(List<Probe> probes, Consumer<String> progress) {
    this.probes = List.copyOf(probes);
    this.progress = progress;
  }

  void run(int rounds, Results results) throws InterruptedException {
    for (var probe : probes) {
      progress.accept("warming up: " + probe.name());
      var thrownAway = new Results();
      for (int i = 0; i < probe.warmUps(); i++) {
        attempt(probe, thrownAway);
      }
      thrownAway
          .failures()
          .values()
          .forEach(all -> all.forEach(why -> results.failed(probe.name() + " (warming up)", why)));
    }
    for (int round = 0; round < rounds; round++) {
      progress.accept("round " + (round + 1) + " of " + rounds);
      for (var probe : probes) {
        if (round % probe.everyRounds() == 0) {
          for (int i = 0; i < probe.perRound(); i++) {
            attempt(probe, results);
          }
        }
      }
    }
  }

  // Whatever a run dies of is a result of the benchmark, and the next run must go on.
  @SuppressWarnings("PMD.AvoidCatchingGenericException")
  private void attempt(Probe probe, Results results) throws InterruptedException {
    results.attempted(probe.name());
    try {
      probe.body().run(results);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      var why = String.valueOf(e.getMessage() == null ? e : e.getMessage());
      var line = why.lines().findFirst().orElse(why);
      results.failed(
          probe.name(),
          line.length() > MOST_FAILURES_SHOWN ? line.substring(0, MOST_FAILURES_SHOWN) : line);
      progress.accept(probe.name() + " failed: " + why);
    }
  }
}
