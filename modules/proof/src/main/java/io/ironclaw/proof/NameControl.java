package io.ironclaw.proof;

import io.ironclaw.api.Printable;
import io.ironclaw.api.ProofItem;
import io.ironclaw.guest.Renewed;
import io.ironclaw.jail.Reading;
import io.ironclaw.vm.Admission;

/** The guest has its own name, not its template's. */
final class NameControl extends GuestControl {
  NameControl() {
    super(ProofItem.NAME);
  }

  @Override
  Reading judge(Renewed renewed, Admission.Candidate candidate) {
    String given = candidate.request().spec().id().value();
    return renewed.hostname().equals(given)
        ? proven(() -> "its name is " + given)
        : failed("the guest's name is " + Printable.line(renewed.hostname()) + ", not " + given);
  }
}
