package io.ironclaw.vm;

import io.ironclaw.api.GuestException;
import io.ironclaw.api.HostException;
import io.ironclaw.guest.GuestAgent;
import io.ironclaw.jail.Reading;
import java.util.List;

/** What a machine with a network device is joined to; it outlives the machine. */
public interface MachineNetwork {
  /** What the hypervisor is given, and its guest is told. */
  Nic nic();

  /**
   * Reads what is between the guest and all others, and tries it with what the guest sends: before
   * anything runs there that might send something itself.
   *
   * @return of the links, the hooks, the rules and the probe
   */
  List<Reading> prove(GuestAgent guest) throws GuestException, HostException;

  /** Reads it again, but for the probe: a guest in which something runs might lie. */
  List<Reading> again() throws HostException;
}
