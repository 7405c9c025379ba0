package io.ironclaw.vm;

import io.ironclaw.api.HostException;
import io.ironclaw.guest.GuestNetwork;

/** What a machine with a network device is joined to; it outlives the machine. */
public interface MachineNetwork {
  /** What the hypervisor is given. */
  Nic nic();

  /** What the guest is told. */
  GuestNetwork guest() throws HostException;
}
