package io.ironclaw.proof;

import io.ironclaw.api.ProofItem;
import io.ironclaw.guest.Renewed;
import io.ironclaw.jail.Reading;
import io.ironclaw.vm.Admission;

/** The guest's kernel lets nobody write to the image, neither as a device nor as it is mounted. */
final class GuestRootControl extends GuestControl {
  GuestRootControl() {
    super(ProofItem.GUEST_ROOT);
  }

  @Override
  Reading judge(Renewed renewed, Admission.Candidate candidate) {
    var root = renewed.root();
    return root == Renewed.Root.READ_ONLY
        ? proven(() -> "its device and its mount are read-only")
        : failed("the guest's root image is " + root + ", not READ_ONLY");
  }
}
