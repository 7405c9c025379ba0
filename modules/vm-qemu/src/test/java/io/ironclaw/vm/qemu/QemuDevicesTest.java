package io.ironclaw.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.VmStartException;
import io.ironclaw.vm.Devices;
import io.ironclaw.vm.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class QemuDevicesTest {
  private static final List<Object> NO_BLOCKS = List.of();

  private static List<Object> child(String type) {
    return List.of(Map.of("name", "type", "type", "string"), Map.of("name", "a", "type", type));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "virtio-net-device",
        "virtio-net-pci",
        "vhost-user-net",
        "e1000e",
        "rtl8139",
        "pcnet",
        "ne2k_isa",
        "i82551",
        "usb-net",
        "vmxnet3",
        "igb-nic"
      })
  void a_network_device_is_found_wherever_it_is(String type) throws Exception {
    for (int parent = 0; parent < 3; parent++) {
      var children = new ArrayList<Object>(List.of(child("x"), child("y"), child("z")));
      children.set(parent, child("child<" + type + ">"));
      assertThat(devices(NO_BLOCKS, children).networks()).containsExactly(type);
    }
  }

  private static Devices devices(Object blocks, List<Object> children) throws Exception {
    return account(Map.of(), blocks, NO_BLOCKS, children).devices();
  }

  /** The last of the children are those that the machine brings. */
  private static Machine.Account account(
      Object kvm, Object blocks, Object channels, List<Object> children) throws Exception {
    return QemuDevices.of(
        new QemuDevices.Answers(
            kvm, blocks, channels, children.subList(0, children.size() - 1), children.getLast()));
  }

  @Test
  void what_a_microvm_has_without_a_network_is_no_network_device() throws Exception {
    var children =
        List.<Object>of(
            child("child<virtio-serial-device>"),
            child("child<virtconsole>"),
            child("child<virtio-blk-device>"),
            child("child<kvm-ioapic>"),
            child("child<isa-serial>"),
            child("child<virtio-mmio>"),
            child("child<Nehalem-v1-x86_64-cpu>"));
    assertThat(devices(NO_BLOCKS, children).networks()).isEmpty();
  }

  @Test
  void only_what_was_attached_counts_as_that_and_kvm_only_where_it_is_in_use() throws Exception {
    var children =
        List.<Object>of(child("child<b>"), child("child<a>"), child("child<of-the-machine>"));
    var channels = List.<Object>of(Map.of("label", "qmp"), Map.of("label", "agent"));
    var found = account(Map.of("present", true, "enabled", false), NO_BLOCKS, channels, children);
    assertThat(found.devices().attached()).containsExactly("a", "b");
    assertThat(found.devices().channels()).containsExactly("agent", "qmp");
    assertThat(found.hardware()).isFalse();
    assertThat(account(Map.of("enabled", true), NO_BLOCKS, channels, children).hardware()).isTrue();
    assertThat(account("enabled", NO_BLOCKS, channels, children).hardware()).isFalse();
  }

  @Test
  void a_disk_counts_as_read_only_only_where_qemu_says_so() throws Exception {
    var blocks =
        List.<Object>of(
            Map.of("device", "empty"),
            Map.of("device", "a", "inserted", Map.of("ro", true)),
            Map.of("device", "b", "inserted", Map.of("ro", false)),
            Map.of("device", "c", "inserted", Map.of()),
            Map.of("device", "d", "inserted", Map.of("ro", "true")));
    assertThat(devices(blocks, List.of(NO_BLOCKS)).disks())
        .containsExactly(
            new Devices.Disk("a", true),
            new Devices.Disk("b", false),
            new Devices.Disk("c", false),
            new Devices.Disk("d", false));
  }

  @Test
  void an_answer_that_is_no_list_of_objects_is_no_answer() {
    assertThatThrownBy(() -> devices(Map.of(), List.of(NO_BLOCKS)))
        .isInstanceOf(VmStartException.class)
        .hasMessageContaining("no list");
    assertThatThrownBy(() -> devices(NO_BLOCKS, List.of(List.of("text"))))
        .isInstanceOf(VmStartException.class)
        .hasMessageContaining("no object");
  }
}
