package io.ironclaw.proof;

import io.ironclaw.guest.Renewed;
import io.ironclaw.vm.Admission;

/** The guest's kernel lets nobody write to the image, neither as a device nor as it is mounted. */
final class GuestRootControl implements Control {
  @Override
  public String item() {
    return "guest-root";
  }

  @Override
  public Evidence prove(Admission.Candidate candidate) {
    var root = candidate.renewed().root();
    return root == Renewed.Root.READ_ONLY
        ? Evidence.shows(() -> "its device and its mount are read-only")
        : Evidence.against("the guest's root image is " + root + ", not READ_ONLY");
  }
}
