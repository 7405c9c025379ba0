package io.ironclaw.vm;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.VmStartException;
import io.ironclaw.guest.Renewed;
import io.ironclaw.jail.Reading;
import java.util.List;
import java.util.Optional;

/** Judges each machine between its renewal and its hand-out; none is handed out past it. */
@FunctionalInterface
public interface Admission {
  /**
   * A machine that may be handed out.
   *
   * @param virtualization what it should run on
   * @param renewed what its guest has confirmed
   * @param ingredients the files that it is made of
   */
  record Candidate(
      MachineRequest request,
      Machine machine,
      Virtualization virtualization,
      Renewed renewed,
      List<Ingredient> ingredients) {
    public Candidate {
      ingredients = List.copyOf(ingredients);
    }
  }

  /**
   * What machines run on.
   *
   * @param downgrade why they are emulated, if nobody asked for that
   */
  record Virtualization(Acceleration acceleration, Optional<String> downgrade) {}

  /**
   * Judges a machine.
   *
   * @return what was read
   * @throws VmStartException if the machine must not be used; the caller destroys it
   */
  List<Reading> admit(Candidate candidate) throws VmStartException;
}
