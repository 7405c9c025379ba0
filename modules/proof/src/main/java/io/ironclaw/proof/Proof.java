package io.ironclaw.proof;

import io.ironclaw.api.Assurance;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.ProofException;
import io.ironclaw.vm.Admission;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Runs every control; a machine of which one does not hold, or can't be read, is not admitted. */
public final class Proof implements Admission {
  private static final Set<Assurance.Demand> BEFORE =
      Set.of(Assurance.Demand.HARDWARE, Assurance.Demand.JAILED);

  private final List<Control> controls;

  /** Every control that there is. */
  public Proof() {
    this(
        List.of(
            new ClockControl(),
            new RandomControl(),
            new CommandGroupsControl(),
            new DevicesControl(),
            new GuestNetworkControl(),
            new GuestRootControl()));
  }

  Proof(List<Control> controls) {
    this.controls = List.copyOf(controls);
  }

  @Override
  public void admit(Candidate candidate) throws ProofException {
    for (var control : controls) {
      var evidence = evidence(control, candidate);
      if (!evidence.holds()) {
        throw new ProofException(candidate.request().spec().id(), control.item(), evidence.found());
      }
    }
    confinement(candidate);
  }

  /** What confines the hypervisor is read last: after the last change to its process. */
  private static void confinement(Candidate candidate) throws ProofException {
    var id = candidate.request().spec().id();
    try {
      var missing = demands(candidate);
      for (var reading : candidate.machine().confinement()) {
        switch (reading.verdict()) {
          case PROVEN -> missing.remove(reading.item());
          case FAILED -> throw ProofException.ofHost(id, reading.item(), reading.text().get());
          case ABSENT -> {
            if (missing.contains(reading.item())) {
              throw ProofException.ofHost(
                  id, reading.item(), "it is demanded and absent: " + reading.text().get());
            }
          }
        }
      }
      // What nobody has read of is not there either.
      if (!missing.isEmpty()) {
        throw ProofException.ofHost(id, missing.first(), "it is demanded, and there is none here");
      }
    } catch (HostException e) {
      throw ProofException.ofHost(id, "jail", "it can't be read: " + e.getMessage());
    }
  }

  /** What is demanded of the hypervisor's process; the rest was looked at before there was one. */
  private static SortedSet<String> demands(Candidate candidate) {
    return candidate.request().spec().assurance().demands().stream()
        .filter(demand -> !BEFORE.contains(demand))
        .map(Assurance.Demand::text)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Evidence evidence(Control control, Candidate candidate) {
    try {
      return control.prove(candidate);
    } catch (IronClawException e) {
      return Evidence.against("it can't be read: " + e.getMessage());
    }
  }
}
