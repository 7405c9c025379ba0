package io.ironclaw.proof;

import io.ironclaw.api.IronClawException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.jail.Readings;
import io.ironclaw.vm.Admission;
import java.util.Set;

/** Claims about a machine, and how their effect is read back. Safe for many threads. */
interface Control {
  /** What it reads: each has one reading afterwards. */
  Set<ProofItem> items();

  /** Whether it claims anything about a machine like this. */
  default boolean concerns(Admission.Candidate candidate) {
    return true;
  }

  /**
   * Reads the effect; never takes a configuration's word for it.
   *
   * @param readings what was read is added to
   * @throws IronClawException if something can't be read; what has no reading then has failed
   */
  void read(Admission.Candidate candidate, Readings readings) throws IronClawException;
}
