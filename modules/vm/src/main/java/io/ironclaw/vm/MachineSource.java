package io.ironclaw.vm;

import io.ironclaw.api.HostException;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.VmException;
import java.util.Optional;

/** A way to come by a machine; sources are asked in turn. Safe for many threads. */
public interface MachineSource {
  /** What its machines are. */
  SpawnReport.How how();

  /**
   * A machine that is ready: renewed and admitted.
   *
   * @return empty if this source has none for the request, and the next is to be asked
   */
  Optional<Ready> open(MachineRequest request, PhaseClock clock) throws VmException, HostException;
}
