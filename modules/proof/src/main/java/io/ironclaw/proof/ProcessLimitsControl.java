package io.ironclaw.proof;

import io.ironclaw.api.HostException;
import io.ironclaw.jail.ProcessLimits;
import io.ironclaw.vm.Admission;

/** The kernel keeps the limits of the hypervisor's process that it was started with. */
final class ProcessLimitsControl implements Control {
  @Override
  public String item() {
    return "process-limits";
  }

  @Override
  public Evidence prove(Admission.Candidate candidate) throws HostException {
    var found = candidate.machine().limits();
    return found.isSameAs(ProcessLimits.HYPERVISOR)
        ? Evidence.shows(found::toString)
        : Evidence.against(found + ", not " + ProcessLimits.HYPERVISOR);
  }
}
