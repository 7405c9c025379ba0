package io.ironclaw.vm;

import io.ironclaw.api.GuestException;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.VmStartException;
import io.ironclaw.guest.Renewal;
import io.ironclaw.guest.Renewed;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;

/** The last steps of every start: the guest is made itself, and the machine is judged. */
public final class Readying {
  /** A guest's clock may differ by so much from the host's. */
  public static final Duration MOST_CLOCK_ERROR = Duration.ofMillis(500);

  private static final Duration RENEW = Duration.ofSeconds(20);
  private static final int CLOCK_TRIES = 4;

  private final Admission admission;
  private final Admission.Virtualization virtualization;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param virtualization what the machines should run on
   */
  public Readying(Admission admission, Admission.Virtualization virtualization) {
    this.admission = admission;
    this.virtualization = virtualization;
  }

  /**
   * Makes a machine ready whose network device, if it has one, is set up.
   *
   * @param ingredients the files that it is made of besides its image
   * @throws VmStartException if it can't be; it is closed then
   */
  Ready ready(
      MachineRequest request, Machine machine, List<Ingredient> ingredients, PhaseClock clock)
      throws VmStartException {
    try {
      var renewed = renewed(request, machine);
      clock.end("renew");
      var candidate =
          new Admission.Candidate(request, machine, virtualization, renewed, ingredients);
      var readings = admission.admit(candidate);
      clock.end("prove");
      return new Ready(candidate, readings);
    } catch (ProofException e) {
      machine.close();
      throw e;
    } catch (GuestException | VmStartException e) {
      machine.close();
      throw new VmStartException(
          "VM "
              + request.spec().id()
              + " did not become ready: "
              + e.getMessage()
              + machine.lastWords(),
          e);
    } catch (RuntimeException e) {
      // A defect of ours: no machine goes on without its judgement.
      machine.close();
      throw e;
    }
  }

  /**
   * On a busy host the answer alone may take so long that the clock is off; the next is quicker.
   */
  private Renewed renewed(MachineRequest request, Machine machine) throws GuestException {
    var renewed = renew(request, machine);
    for (int attempt = 1; attempt < CLOCK_TRIES && isOff(renewed); attempt++) {
      renewed = renew(request, machine);
    }
    return renewed;
  }

  private Renewed renew(MachineRequest request, Machine machine) throws GuestException {
    var spec = request.spec();
    var renewal = Renewal.fresh(spec.id().value(), spec.scratchMib(), random);
    return machine.agent().renew(renewal, RENEW);
  }

  private static boolean isOff(Renewed renewed) {
    return renewed.clockError().abs().compareTo(MOST_CLOCK_ERROR) > 0;
  }
}
