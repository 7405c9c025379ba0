package io.ironclaw.proof;

import io.ironclaw.api.ProofItem;
import io.ironclaw.guest.Renewed;
import io.ironclaw.jail.Reading;
import io.ironclaw.vm.Admission;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The guest's random numbers are its own: what it shows after its renewal was not seen before. */
final class RandomControl extends GuestControl {
  private static final int MOST_SAMPLES = 100_000;

  private final Set<String> samples = ConcurrentHashMap.newKeySet();

  RandomControl() {
    super(ProofItem.RANDOM);
  }

  @Override
  Reading judge(Renewed renewed, Admission.Candidate candidate) {
    if (samples.size() >= MOST_SAMPLES) {
      samples.clear();
    }
    return samples.add(renewed.randomSample())
        ? proven(() -> "16 bytes that no other guest has shown to this process")
        : failed("guest random generator repeats another VM's numbers: it was not reseeded");
  }
}
