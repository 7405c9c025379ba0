package io.ironclaw.proof;

import io.ironclaw.api.IronClawException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.jail.Readings;
import io.ironclaw.vm.Admission;
import java.util.EnumSet;
import java.util.Set;

/** What is between a network device and all others, if there is one; tried from the guest. */
final class FirewallControl implements Control {
  private final boolean probes;

  /**
   * @param probes whether the guest is asked to send something
   */
  FirewallControl(boolean probes) {
    this.probes = probes;
  }

  @Override
  public Set<ProofItem> items() {
    var items =
        EnumSet.of(ProofItem.NETWORK_LINKS, ProofItem.FIREWALL_HOOKS, ProofItem.FIREWALL_RULES);
    if (probes) {
      items.add(ProofItem.FIREWALL_PROBE);
    }
    return items;
  }

  @Override
  public boolean concerns(Admission.Candidate candidate) {
    return candidate.request().network().isPresent();
  }

  @Override
  public void read(Admission.Candidate candidate, Readings readings) throws IronClawException {
    var network = candidate.request().network();
    if (network.isPresent()) {
      readings.addAll(
          probes ? network.get().prove(candidate.machine().agent()) : network.get().again());
    }
  }
}
