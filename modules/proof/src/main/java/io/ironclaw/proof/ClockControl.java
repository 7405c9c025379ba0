package io.ironclaw.proof;

import io.ironclaw.api.ProofItem;
import io.ironclaw.guest.Renewed;
import io.ironclaw.jail.Reading;
import io.ironclaw.vm.Admission;
import io.ironclaw.vm.Readying;

/** The guest's clock is the host's, as it confirmed after it was set. */
final class ClockControl extends GuestControl {
  ClockControl() {
    super(ProofItem.CLOCK);
  }

  @Override
  Reading judge(Renewed renewed, Admission.Candidate candidate) {
    var error = renewed.clockError();
    return error.abs().compareTo(Readying.MOST_CLOCK_ERROR) <= 0
        ? proven(() -> "off by " + error.toMillis() + " ms")
        : failed(
            "guest clock is off by "
                + error.toMillis()
                + " ms after it was set, allowed: "
                + Readying.MOST_CLOCK_ERROR.toMillis()
                + " ms");
  }
}
