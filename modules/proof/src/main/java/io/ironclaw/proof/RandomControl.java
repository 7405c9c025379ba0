package io.ironclaw.proof;

import io.ironclaw.vm.Admission;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The guest's random numbers are its own: what it shows after its renewal was not seen before. */
final class RandomControl implements Control {
  private static final int MOST_SAMPLES = 100_000;

  private final Set<String> samples = ConcurrentHashMap.newKeySet();

  @Override
  public String item() {
    return "random";
  }

  @Override
  public Evidence prove(Admission.Candidate candidate) {
    if (samples.size() >= MOST_SAMPLES) {
      samples.clear();
    }
    return samples.add(candidate.renewed().randomSample())
        ? Evidence.shows(() -> "16 bytes that no other guest has shown")
        : Evidence.against(
            "guest random generator repeats another VM's numbers: it was not reseeded");
  }
}
