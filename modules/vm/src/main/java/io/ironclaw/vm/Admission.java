package io.ironclaw.vm;

import io.ironclaw.api.VmStartException;
import io.ironclaw.guest.Renewed;

/** Judges each machine between its renewal and its hand-out; none is handed out past it. */
@FunctionalInterface
public interface Admission {
  /**
   * A machine that may be handed out.
   *
   * @param renewed what its guest has confirmed
   */
  record Candidate(MachineRequest request, Machine machine, Renewed renewed) {}

  /**
   * @throws VmStartException if the machine must not be used; the caller destroys it
   */
  void admit(Candidate candidate) throws VmStartException;
}
