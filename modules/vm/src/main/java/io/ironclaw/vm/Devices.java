package io.ironclaw.vm;

import java.util.List;

/**
 * The devices of a machine that a guest could reach something of the host by, as the hypervisor
 * lists them.
 *
 * @param networks network devices, by whatever name the hypervisor has for them
 * @param disks block devices
 */
public record Devices(List<String> networks, List<Disk> disks) {
  /** One disk. */
  public record Disk(String name, boolean readOnly) {}

  public Devices {
    networks = List.copyOf(networks);
    disks = List.copyOf(disks);
  }
}
