package io.ironclaw.sandbox;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.VmId;
import io.ironclaw.proof.ProofReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Where a running VM is asked what isolates it: it is read again for whoever asks. */
public final class ProofDesk {
  private static final String NAME = "proof";

  private ProofDesk() {}

  /** Reads again. */
  @FunctionalInterface
  interface Proving {
    IsolationProof now() throws IronClawException;
  }

  static Desk open(Path folder, Proving proving, Desk.Asked asked) throws IOException {
    return Desk.open(folder, NAME, () -> proving.now().json(), asked);
  }

  /**
   * Has a running VM of this user read again.
   *
   * @return empty if none of that name runs
   * @throws HostException with what the process that runs it says: the VM was ended, perhaps
   */
  public static Optional<IsolationProof> ask(Settings settings, VmId vm) throws HostException {
    var answer = Desk.ask(settings, vm, NAME, ProofReader.MOST_BYTES);
    return answer.isPresent() ? Optional.of(ProofReader.read(answer.get())) : Optional.empty();
  }
}
