package io.ironclaw.proof;

import io.ironclaw.api.HostException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.jail.Readings;
import io.ironclaw.vm.Admission;
import java.util.EnumSet;
import java.util.Set;

/** What confines the hypervisor's process, by the kernel's word. */
final class ConfinementControl implements Control {
  @Override
  public Set<ProofItem> items() {
    return EnumSet.range(ProofItem.OWN_UID, ProofItem.CGROUP_IO);
  }

  @Override
  public void read(Admission.Candidate candidate, Readings readings) throws HostException {
    readings.addAll(candidate.machine().confinement());
  }
}
