package io.ironclaw.jail;

import io.ironclaw.api.ProofItem;
import java.util.ArrayList;
import java.util.List;

/** Collects readings; each takes the time since the one before it. For one thread. */
public final class Readings {
  private final List<Reading> readings = new ArrayList<>();
  private long last = System.nanoTime();

  /** Adds what was just read. */
  public void add(Reading reading) {
    long now = System.nanoTime();
    readings.add(reading.taking(now - last));
    last = now;
  }

  /** Adds what was measured where it was read. */
  public void addAll(List<Reading> measured) {
    readings.addAll(measured);
    last = System.nanoTime();
  }

  /** Whether something was read of it. */
  public boolean has(ProofItem item) {
    return readings.stream().anyMatch(reading -> reading.item() == item);
  }

  /** All so far, in order. */
  public List<Reading> all() {
    return List.copyOf(readings);
  }
}
