package io.ironclaw.proof;

import io.ironclaw.api.ProofItem;
import io.ironclaw.guest.Renewed;
import io.ironclaw.jail.Reading;
import io.ironclaw.jail.Readings;
import io.ironclaw.vm.Admission;
import java.util.Set;

/**
 * One claim about a guest, which its agent confirms. Nothing has run in the guest by then but what
 * the image's maker and we have put there; later its word would be worth nothing.
 */
abstract class GuestControl implements Control {
  private final ProofItem item;

  GuestControl(ProofItem item) {
    this.item = item;
  }

  @Override
  public final Set<ProofItem> items() {
    return Set.of(item);
  }

  @Override
  public final void read(Admission.Candidate candidate, Readings readings) {
    readings.add(judge(candidate.renewed(), candidate));
  }

  abstract Reading judge(Renewed renewed, Admission.Candidate candidate);

  final Reading proven(java.util.function.Supplier<String> found) {
    return Reading.proven(item, found);
  }

  final Reading failed(String found) {
    return Reading.failed(item, found);
  }
}
