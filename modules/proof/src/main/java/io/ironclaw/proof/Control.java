package io.ironclaw.proof;

import io.ironclaw.api.IronClawException;
import io.ironclaw.vm.Admission;

/** One claim about a machine, and how its effect is read back. Safe for many threads. */
public interface Control {
  /** Its name: what callers, events and errors call it. */
  String item();

  /**
   * Reads the effect; never takes a configuration's word for it.
   *
   * @throws IronClawException if it can't be read, which counts as not proven
   */
  Evidence prove(Admission.Candidate candidate) throws IronClawException;
}
