package io.ironclaw.vm;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.GuestException;
import io.ironclaw.api.HostException;
import io.ironclaw.api.VmException;
import java.time.Duration;

/** Starts machines from their kernel and waits until their agent answers. */
public final class Boots {
  private static final Duration ON_KVM = Duration.ofSeconds(10);

  /** Translated code is slow, and on a busy host it is slower. */
  private static final Duration EMULATED = Duration.ofSeconds(30);

  private Boots() {}

  /** How long a guest may take from its start to its first answer. */
  public static Duration deadline(Acceleration acceleration) {
    return acceleration == Acceleration.KVM ? ON_KVM : EMULATED;
  }

  /** A machine whose agent has answered; one that hangs is given up and closed. */
  public static Machine boot(Hypervisor hypervisor, LaunchPlan plan, PhaseClock clock)
      throws VmException, HostException {
    var machine = hypervisor.start(plan, clock);
    try {
      machine.agent().greet(deadline(hypervisor.acceleration()));
      clock.end("boot");
      return machine;
    } catch (GuestException e) {
      throw machine.failed(e);
    }
  }
}
