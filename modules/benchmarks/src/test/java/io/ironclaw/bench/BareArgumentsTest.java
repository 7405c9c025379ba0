package io.ironclaw.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class BareArgumentsTest {
  private static final Path VM = Path.of("/run/vm-1");
  private static final Path BARE = Path.of("/tmp/bare");

  private static BareArguments of(String... argv) {
    return BareArguments.parse(String.join("\0", argv) + "\0", VM);
  }

  @Test
  void confinement_and_the_way_of_the_restore_are_left_out() {
    var args = of("qemu", "-sandbox", "on,spawn=deny", "-m", "256M", "-S", "-incoming", "fd:7");

    assertThat(args.clone(BARE)).containsExactly("qemu", "-m", "256M", "-incoming", "defer");
  }

  @Test
  void sockets_move_to_the_bare_vms_folder() {
    assertThat(of("qemu", "-chardev", "socket,id=qmp,path=/run/vm-1/qmp.sock").clone(BARE))
        .contains("socket,id=qmp,path=/tmp/bare/qmp.sock");
  }

  @Test
  void a_boot_gets_a_second_port() {
    assertThat(of("qemu", "-device", "virtio-serial-device,max_ports=2").bootWithRawPort(BARE))
        .contains("virtio-serial-device,max_ports=4")
        .contains("socket,id=raw,server=off,path=/tmp/bare/raw.sock");
  }

  @Test
  void the_state_is_next_to_the_memory_file() throws Exception {
    assertThat(of("qemu", "-object", "memory-backend-file,mem-path=/c/a,,b/memory,size=1").state())
        .isEqualTo(Path.of("/c/a,b/state"));
    assertThatThrownBy(() -> of("qemu").state()).isInstanceOf(IOException.class);
  }
}
