package io.ironclaw.vm;

import io.ironclaw.api.SpawnReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Takes the time of a VM's start, phase by phase. For one thread. */
public final class PhaseClock {
  private final long start = System.nanoTime();
  private final List<SpawnReport.Phase> phases = new ArrayList<>();
  private long last = start;

  /** Ends the phase that has run since the last call. */
  public void end(String phase) {
    long now = System.nanoTime();
    phases.add(new SpawnReport.Phase(phase, Duration.ofNanos(now - last)));
    last = now;
  }

  public Duration total() {
    return Duration.ofNanos(last - start);
  }

  public List<SpawnReport.Phase> phases() {
    return List.copyOf(phases);
  }
}
