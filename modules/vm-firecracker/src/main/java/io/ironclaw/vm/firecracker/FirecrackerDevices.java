package io.ironclaw.vm.firecracker;

import io.ironclaw.api.Printable;
import io.ironclaw.api.VmStartException;
import io.ironclaw.vm.Devices;
import io.ironclaw.vm.LaunchPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Firecracker's own account of its machine, {@code GET /vm/config} (its swagger file): what it has
 * of each kind of device. A kind that is not known here counts as a device that was not planned.
 */
final class FirecrackerDevices {
  /** The id of the one disk. */
  static final String DISK = "root";

  /** The id of the one network device. */
  static final String NETWORK = "net";

  private static final String VSOCK = "vsock";

  /** What is no device. */
  private static final List<String> NO_DEVICES =
      List.of("boot-source", "cpu-config", "logger", "metrics");

  private FirecrackerDevices() {}

  /** What a machine of ours has. */
  static Devices planned(LaunchPlan plan) {
    var attached =
        new ArrayList<>(
            List.of(
                "drives " + DISK,
                VSOCK + " " + FirecrackerHypervisor.CID,
                machine(plan.shape().vcpus(), plan.shape().memoryMib())));
    var networks = plan.nic().map(_ -> List.of(NETWORK)).orElse(List.of());
    networks.forEach(name -> attached.add("network-interfaces " + name));
    return new Devices(
        networks,
        List.of(new Devices.Disk(DISK, true)),
        attached,
        List.of(FirecrackerMachine.VSOCK_SOCKET));
  }

  /** What Firecracker lists. */
  static Devices of(Map<String, Object> config) throws VmStartException {
    var networks = new ArrayList<String>();
    var disks = new ArrayList<Devices.Disk>();
    var attached = new ArrayList<String>();
    var channels = new ArrayList<String>();
    for (var entry : config.entrySet()) {
      String kind = Printable.line(entry.getKey());
      switch (kind) {
        case "drives" -> {
          for (var drive : objects(entry.getValue(), kind)) {
            String id = text(drive, "drive_id");
            disks.add(new Devices.Disk(id, Boolean.TRUE.equals(drive.get("is_read_only"))));
            attached.add(kind + " " + id);
          }
        }
        case "network-interfaces" -> {
          for (var nic : objects(entry.getValue(), kind)) {
            networks.add(text(nic, "iface_id"));
            attached.add(kind + " " + text(nic, "iface_id"));
          }
        }
        case VSOCK -> {
          if (entry.getValue() instanceof Map<?, ?> vsock) {
            attached.add(kind + " " + text(vsock, "guest_cid"));
            channels.add(text(vsock, "uds_path"));
          }
        }
        case "machine-config" -> {
          if (entry.getValue() instanceof Map<?, ?> machine) {
            attached.add(machine(machine.get("vcpu_count"), machine.get("mem_size_mib")));
          }
        }
        default -> {
          boolean none = entry.getValue() instanceof List<?> list && list.isEmpty();
          if (!NO_DEVICES.contains(kind) && !none) {
            attached.add(kind);
          }
        }
      }
    }
    return new Devices(networks, disks, attached, channels);
  }

  private static String machine(
      @org.jspecify.annotations.Nullable Object vcpus,
      @org.jspecify.annotations.Nullable Object memoryMib) {
    return Printable.line(vcpus + " vCPUs, " + memoryMib + " MiB");
  }

  private static List<Map<?, ?>> objects(Object value, String kind) throws VmStartException {
    if (!(value instanceof List<?> list)) {
      throw new VmStartException("Firecracker listed no list of " + kind);
    }
    var objects = new ArrayList<Map<?, ?>>();
    for (var item : list) {
      if (!(item instanceof Map<?, ?> map)) {
        throw new VmStartException("Firecracker listed something that is no object among " + kind);
      }
      objects.add(map);
    }
    return objects;
  }

  /** Safe to be shown: its guest may have taken it over. */
  private static String text(Map<?, ?> object, String name) {
    return Printable.line(String.valueOf(object.get(name)));
  }
}
