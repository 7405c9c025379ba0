package io.ironclaw.vm;

import io.ironclaw.api.Event;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.GuestException;
import io.ironclaw.api.HostException;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmStartException;
import java.util.List;
import java.util.Optional;

/** Machines that boot from their kernel. There is always one, unless its start fails. */
public final class BootSource implements MachineSource {
  private static final int TRIES = 3;

  private final Hypervisor hypervisor;
  private final Readying readying;
  private final EventSink events;

  public BootSource(Hypervisor hypervisor, Readying readying, EventSink events) {
    this.hypervisor = hypervisor;
    this.readying = readying;
    this.events = events;
  }

  @Override
  public SpawnReport.How how() {
    return SpawnReport.How.COLD_BOOT;
  }

  /** A clone has that from its template. */
  private void setUpNetwork(MachineRequest request, Machine machine) throws VmStartException {
    if (request.network().isPresent()) {
      try {
        machine
            .agent()
            .setUpNetwork(
                request.network().get().nic().guest(), Boots.deadline(hypervisor.acceleration()));
      } catch (GuestException e) {
        throw machine.failed(e);
      }
    }
  }

  @Override
  public Optional<Ready> open(MachineRequest request, PhaseClock clock)
      throws VmException, HostException {
    for (int attempt = 1; ; attempt++) {
      boolean booted = false;
      try {
        var machine = Boots.boot(hypervisor, request.plan(), clock);
        booted = true;
        setUpNetwork(request, machine);
        return Optional.of(readying.ready(request, machine, List.of(hypervisor.program()), clock));
      } catch (VmStartException e) {
        // A guest that panics, or a hypervisor that ends, does so again.
        boolean ofHost = e instanceof ProofException p && p.isOfHost();
        if (attempt == TRIES || ofHost || !(booted || e.isHang())) {
          throw e;
        }
        events.publish(new Event.Retrying("boot failed, trying again: " + e.getMessage()));
      }
    }
  }
}
