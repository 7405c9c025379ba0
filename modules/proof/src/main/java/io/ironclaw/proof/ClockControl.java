package io.ironclaw.proof;

import io.ironclaw.vm.Admission;
import io.ironclaw.vm.Readying;

/** The guest's clock is the host's, as it confirmed after it was set. */
final class ClockControl implements Control {
  @Override
  public String item() {
    return "clock";
  }

  @Override
  public Evidence prove(Admission.Candidate candidate) {
    var error = candidate.renewed().clockError();
    return error.abs().compareTo(Readying.MOST_CLOCK_ERROR) <= 0
        ? Evidence.shows(() -> "off by " + error.toMillis() + " ms")
        : Evidence.against(
            "guest clock is off by "
                + error.toMillis()
                + " ms after it was set, allowed: "
                + Readying.MOST_CLOCK_ERROR.toMillis()
                + " ms; is the host overloaded?");
  }
}
