package io.ironclaw.proof;

import io.ironclaw.api.ProofItem;
import io.ironclaw.guest.Renewed;
import io.ironclaw.jail.Reading;
import io.ironclaw.vm.Admission;
import java.util.List;

/** The guest's kernel has no network device but {@code lo}, by its own list. */
final class GuestNetworkControl extends GuestControl {
  private static final List<String> LOOPBACK = List.of("lo");

  GuestNetworkControl() {
    super(ProofItem.GUEST_NETWORK);
  }

  @Override
  Reading judge(Renewed renewed, Admission.Candidate candidate) {
    var links = renewed.links();
    return links.equals(LOOPBACK)
        ? proven(() -> "the guest has " + links)
        : failed("the guest has network devices " + links + ", not [lo] alone");
  }
}
