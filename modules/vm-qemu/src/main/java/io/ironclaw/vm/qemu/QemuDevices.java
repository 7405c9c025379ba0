package io.ironclaw.vm.qemu;

import static io.ironclaw.vm.qemu.QmpJson.command;

import io.ironclaw.api.Printable;
import io.ironclaw.api.VmStartException;
import io.ironclaw.vm.Devices;
import io.ironclaw.vm.Machine;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * QEMU's own account of its machine (QEMU QMP reference). All devices that were asked for, and all
 * that the machine brings, are children of three objects; disks are told by {@code query-block},
 * what leads to the host by {@code query-chardev}.
 */
final class QemuDevices {
  /** Of what was asked for, with a name and without. */
  private static final List<String> ATTACHED =
      List.of("/machine/peripheral", "/machine/peripheral-anon");

  /** Of what the machine brings. */
  private static final String BROUGHT = "/machine/unattached";

  private static final String CHILD = "child<";

  /** Every network device of QEMU has one of these in its type's name, whatever its bus. */
  private static final List<String> NETWORK =
      List.of(
          "net", "e1000", "rtl8139", "pcnet", "ne2k", "i8255", "tulip", "smc91c", "lance", "nic",
          "lan9118", "gmac", "fec", "eth");

  private QemuDevices() {}

  /** What QEMU answers to each question. */
  record Answers(
      Object kvm, Object blocks, Object channels, List<Object> attached, Object brought) {}

  /** Sends the questions; what QEMU answers is read while this thread does something else. */
  static void ask(Qmp qmp) throws IOException {
    var commands = new ArrayList<String>();
    commands.add(command("query-kvm", Map.of()));
    commands.add(command("query-block", Map.of()));
    commands.add(command("query-chardev", Map.of()));
    commands.add(command("qom-list", Map.of("path", BROUGHT)));
    for (var parent : ATTACHED) {
      commands.add(command("qom-list", Map.of("path", parent)));
    }
    qmp.send(commands);
  }

  /** Waits for the answers to {@link #ask}. */
  static Machine.Account answers(Qmp qmp, Duration deadline)
      throws VmStartException, InterruptedException {
    int others = 4;
    var replies = qmp.replies(others + ATTACHED.size(), "list its devices", deadline);
    return of(
        new Answers(
            replies.get(0),
            replies.get(1),
            replies.get(2),
            replies.subList(others, replies.size()),
            replies.get(3)));
  }

  /** Takes the answers apart. */
  static Machine.Account of(Answers answers) throws VmStartException {
    var attached = new ArrayList<String>();
    for (var list : answers.attached()) {
      children(list, attached);
    }
    var all = new ArrayList<>(attached);
    children(answers.brought(), all);
    var networks = all.stream().filter(QemuDevices::isNetwork).toList();
    var disks = new ArrayList<Devices.Disk>();
    for (var block : objects(answers.blocks())) {
      if (block.get("inserted") instanceof Map<?, ?> inserted) {
        boolean readOnly = Boolean.TRUE.equals(inserted.get("ro"));
        disks.add(new Devices.Disk(text(block, "device"), readOnly));
      }
    }
    var channels = new ArrayList<String>();
    for (var channel : objects(answers.channels())) {
      channels.add(text(channel, "label"));
    }
    boolean kvm = answers.kvm() instanceof Map<?, ?> map && Boolean.TRUE.equals(map.get("enabled"));
    return new Machine.Account(new Devices(networks, disks, attached, channels), kvm);
  }

  private static void children(Object list, List<String> types) throws VmStartException {
    for (var child : objects(list)) {
      String type = text(child, "type");
      if (type.startsWith(CHILD) && type.endsWith(">")) {
        types.add(type.substring(CHILD.length(), type.length() - 1));
      }
    }
  }

  /** What QEMU says, safe to be shown: its guest may have taken it over. */
  private static String text(Map<?, ?> object, String name) {
    return Printable.line(String.valueOf(object.get(name)));
  }

  private static boolean isNetwork(String type) {
    return NETWORK.stream().anyMatch(type::contains);
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
