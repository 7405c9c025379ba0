package io.ironclaw.proof;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.ProofException;
import io.ironclaw.vm.Admission;
import java.util.List;

/** Runs every control; a machine of which one does not hold, or can't be read, is not admitted. */
public final class Proof implements Admission {
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
      for (var reading : candidate.machine().confinement()) {
        switch (reading.verdict()) {
          case PROVEN -> {
            // As it should be.
          }
          case FAILED -> throw ProofException.ofHost(id, reading.item(), reading.text().get());
          case ABSENT -> {
            if (isDemanded(candidate, reading.item())) {
              throw ProofException.ofHost(
                  id, reading.item(), "it is demanded and absent: " + reading.text().get());
            }
          }
        }
      }
    } catch (HostException e) {
      throw ProofException.ofHost(id, "jail", "it can't be read: " + e.getMessage());
    }
  }

  private static boolean isDemanded(Candidate candidate, String item) {
    return candidate.request().spec().assurance().demands().stream()
        .anyMatch(demand -> demand.text().equals(item));
  }

  private static Evidence evidence(Control control, Candidate candidate) {
    try {
      return control.prove(candidate);
    } catch (IronClawException e) {
      return Evidence.against("it can't be read: " + e.getMessage());
    }
  }
}
