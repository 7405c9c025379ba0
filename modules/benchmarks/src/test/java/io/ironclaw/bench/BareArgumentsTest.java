package io.ironclaw.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BareArgumentsTest {
  private static final Path BARE = Path.of("/tmp/bare");

  private static BareArguments of(String... argv) {
    return BareArguments.parse(
        String.join("\0", argv) + "\0",
        Map.of("memory", Path.of("/c/a,b/memory"), "kernel", Path.of("/c/vmlinux")));
  }

  @Test
  void confinement_and_the_way_of_the_restore_are_left_out() {
    var args = of("qemu", "-sandbox", "on,spawn=deny", "-m", "256M", "-S", "-incoming", "fd:7");

    assertThat(args.clone(BARE)).containsExactly("qemu", "-m", "256M", "-incoming", "defer");
  }

  @Test
  void sockets_move_to_the_bare_vms_folder() {
    assertThat(of("qemu", "-chardev", "socket,id=qmp,path=sock/qmp").clone(BARE))
        .contains("socket,id=qmp,path=/tmp/bare/sock/qmp");
  }

  @Test
  void what_was_granted_is_named_by_its_path() {
    assertThat(of("qemu", "-object", "x,mem-path=memory,size=1", "-kernel", "kernel").clone(BARE))
        .contains("x,mem-path=/c/a,,b/memory,size=1", "/c/vmlinux");
  }

  @Test
  void a_boot_gets_a_second_port() {
    assertThat(of("qemu", "-device", "virtio-serial-device,max_ports=2").bootWithRawPort(BARE))
        .contains("virtio-serial-device,max_ports=4")
        .contains("socket,id=raw,server=off,path=/tmp/bare/raw.sock");
  }

  @Test
  void the_state_is_next_to_the_memory_file() throws Exception {
    assertThat(of("qemu").state()).isEqualTo(Path.of("/c/a,b/state"));
    assertThatThrownBy(() -> BareArguments.parse("qemu\0", Map.of()).state())
        .isInstanceOf(IOException.class);
  }
}
