package io.ironclaw.proof;

import io.ironclaw.api.ProofItem;
import io.ironclaw.guest.Renewed;
import io.ironclaw.jail.Reading;
import io.ironclaw.vm.Admission;

/** The guest can put a command under a filter: its agent tried one, and was refused and counted. */
final class CommandFilterControl extends GuestControl {
  CommandFilterControl() {
    super(ProofItem.GUEST_SECCOMP);
  }

  @Override
  Reading judge(Renewed renewed, Admission.Candidate candidate) {
    return renewed.features().contains(Renewed.Feature.FILTERS)
        ? proven(() -> "a call was refused to a child under a filter, and counted, as it booted")
        : failed("the guest's agent could not put a child under a filter that counts");
  }
}
