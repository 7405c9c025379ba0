package io.ironclaw.proof;

import io.ironclaw.vm.Admission;
import java.util.List;

/** The guest's kernel has no network device but {@code lo}, by its own list. */
final class GuestNetworkControl implements Control {
  private static final List<String> LOOPBACK = List.of("lo");

  @Override
  public String item() {
    return "guest-network";
  }

  @Override
  public Evidence prove(Admission.Candidate candidate) {
    var links = candidate.renewed().links();
    return links.equals(LOOPBACK)
        ? Evidence.shows(() -> "the guest has " + links)
        : Evidence.against("the guest has network devices " + links + ", not [lo] alone");
  }
}
