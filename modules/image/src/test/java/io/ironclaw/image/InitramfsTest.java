package io.ironclaw.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.Test;

class InitramfsTest {
  private static final byte[] AGENT = {1, 2, 3};
  private static final Map<String, List<KernelModule>> MODULES =
      Map.of(
          Initramfs.ALWAYS,
          List.of(
              new KernelModule("virtio_ring", new byte[] {4}),
              new KernelModule("virtio", new byte[] {5, 6})),
          "network",
          List.of(new KernelModule("virtio_net", new byte[] {7})),
          "vsock",
          List.of(new KernelModule("vsock", new byte[] {8})));

  @Test
  void the_same_input_gives_the_same_bytes() throws Exception {
    assertThat(Initramfs.of(AGENT, MODULES)).isEqualTo(Initramfs.of(AGENT, MODULES));
  }

  @Test
  void it_holds_the_agent_and_the_modules_in_loading_order() throws Exception {
    var entries = entries(Initramfs.of(AGENT, MODULES));

    assertThat(entries.keySet().stream().filter(name -> name.startsWith("modules/")))
        .containsExactly("modules/00-virtio_ring.ko", "modules/01-virtio.ko");
    assertThat(entries.get("init")).satisfies(e -> assertThat(e.getMode()).isEqualTo(0100755));
    assertThat(entries.get("init").getSize()).isEqualTo(3);
    assertThat(entries.get("modules/01-virtio.ko").getSize()).isEqualTo(2);
    assertThat(entries).containsKeys("network/00-virtio_net.ko", "vsock/00-vsock.ko");
    assertThat(entries).containsKeys("dev", "proc", "sys", "lower", "scratch", "newroot");
  }

  @Test
  void the_console_is_the_only_device() throws Exception {
    var devices =
        entries(Initramfs.of(AGENT, MODULES)).values().stream()
            .filter(e -> e.isCharacterDevice() || e.isBlockDevice())
            .toList();

    assertThat(devices).hasSize(1);
    assertThat(devices.getFirst().getName()).isEqualTo("dev/console");
    assertThat(devices.getFirst().getRemoteDeviceMaj()).isEqualTo(5);
    assertThat(devices.getFirst().getRemoteDeviceMin()).isEqualTo(1);
  }

  @Test
  void nothing_in_it_tells_time_user_or_machine() throws Exception {
    long inode = 0;
    for (var entry : entries(Initramfs.of(AGENT, MODULES)).values()) {
      assertThat(entry.getTime()).isZero();
      assertThat(entry.getUID()).isZero();
      assertThat(entry.getGID()).isZero();
      assertThat(entry.getInode()).isEqualTo(++inode);
    }
  }

  private static Map<String, CpioArchiveEntry> entries(byte[] archive) throws Exception {
    assertThat(new String(archive, 0, 6, StandardCharsets.US_ASCII)).isEqualTo("070701");
    var entries = new LinkedHashMap<String, CpioArchiveEntry>();
    try (var in = new CpioArchiveInputStream(new ByteArrayInputStream(archive))) {
      for (var entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        entries.put(entry.getName(), entry);
      }
    }
    return entries;
  }
}
