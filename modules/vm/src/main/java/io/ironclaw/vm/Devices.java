package io.ironclaw.vm;

import java.util.List;

/**
 * The devices of a machine that a guest could reach something of the host by.
 *
 * @param networks network devices, by whatever name the hypervisor has for them
 * @param disks block devices
 * @param attached the types of all that were attached to the machine, sorted
 * @param channels the names of what joins it to the host, sorted
 */
public record Devices(
    List<String> networks, List<Disk> disks, List<String> attached, List<String> channels) {
  /** One disk. */
  public record Disk(String name, boolean readOnly) {}

  public Devices {
    networks = List.copyOf(networks);
    disks = List.copyOf(disks);
    attached = attached.stream().sorted().toList();
    channels = channels.stream().sorted().toList();
  }
}
