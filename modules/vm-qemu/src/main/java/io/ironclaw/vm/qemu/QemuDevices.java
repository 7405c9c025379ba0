package io.ironclaw.vm.qemu;

import static io.ironclaw.vm.qemu.QmpJson.command;

import io.ironclaw.api.VmStartException;
import io.ironclaw.vm.Devices;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * QEMU's own list of its devices: all that were asked for, and all that the machine brings, are
 * children of three objects (QEMU, QOM); disks are told by {@code query-block}.
 */
final class QemuDevices {
  private static final List<String> PARENTS =
      List.of("/machine/peripheral", "/machine/peripheral-anon", "/machine/unattached");

  /** Every network device of QEMU has one of these in its type's name, whatever its bus. */
  private static final List<String> NETWORK =
      List.of(
          "net", "e1000", "rtl8139", "pcnet", "ne2k", "i8255", "tulip", "smc91c", "lance", "nic",
          "lan9118", "gmac", "fec", "eth");

  private QemuDevices() {}

  /** Sends the questions; what QEMU answers is read while this thread does something else. */
  static void ask(Qmp qmp) throws IOException {
    var commands = new ArrayList<String>();
    commands.add(command("query-block", Map.of()));
    for (var parent : PARENTS) {
      commands.add(command("qom-list", Map.of("path", parent)));
    }
    qmp.send(commands);
  }

  /** Waits for the answers to {@link #ask}. */
  static Devices answers(Qmp qmp, Duration deadline) throws VmStartException, InterruptedException {
    var replies = qmp.replies(1 + PARENTS.size(), "list its devices", deadline);
    return of(replies.getFirst(), replies.subList(1, replies.size()));
  }

  /**
   * Takes the answers apart.
   *
   * @param blocks of {@code query-block}
   * @param children of {@code qom-list}, one for each parent
   */
  static Devices of(Object blocks, List<Object> children) throws VmStartException {
    var networks = new ArrayList<String>();
    for (var list : children) {
      for (var child : objects(list)) {
        String type = String.valueOf(child.get("type"));
        if (isNetwork(type)) {
          networks.add(type);
        }
      }
    }
    var disks = new ArrayList<Devices.Disk>();
    for (var block : objects(blocks)) {
      if (block.get("inserted") instanceof Map<?, ?> inserted) {
        boolean readOnly = Boolean.TRUE.equals(inserted.get("ro"));
        disks.add(new Devices.Disk(String.valueOf(block.get("device")), readOnly));
      }
    }
    return new Devices(networks, disks);
  }

  private static boolean isNetwork(String type) {
    return type.startsWith("child<") && NETWORK.stream().anyMatch(type::contains);
  }

  private static List<Map<?, ?>> objects(Object answer) throws VmStartException {
    if (!(answer instanceof List<?> list)) {
      throw new VmStartException("QEMU answered with no list when asked for its devices");
    }
    var objects = new ArrayList<Map<?, ?>>();
    for (var item : list) {
      if (!(item instanceof Map<?, ?> map)) {
        throw new VmStartException("QEMU listed something that is no object among its devices");
      }
      objects.add(map);
    }
    return objects;
  }
}
