package io.ironclaw.proof;

import io.ironclaw.api.ProofItem;
import io.ironclaw.guest.Renewed;
import io.ironclaw.jail.Reading;
import io.ironclaw.vm.Admission;
import java.util.List;

/** The guest's kernel has no network devices but those of the plan, by its own list. */
final class GuestNetworkControl extends GuestControl {
  private static final List<String> LOOPBACK = List.of("lo");
  private static final List<String> WITH_DEVICE = List.of("eth0", "lo");

  GuestNetworkControl() {
    super(ProofItem.GUEST_NETWORK);
  }

  @Override
  Reading judge(Renewed renewed, Admission.Candidate candidate) {
    var links = renewed.links();
    var planned = candidate.request().network().isPresent() ? WITH_DEVICE : LOOPBACK;
    return links.stream().sorted().toList().equals(planned)
        ? proven(() -> "the guest has " + links)
        : failed("the guest has network devices " + links + ", not " + planned + " alone");
  }
}
