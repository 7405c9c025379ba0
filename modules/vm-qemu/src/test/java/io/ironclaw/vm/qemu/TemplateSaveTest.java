package io.ironclaw.vm.qemu;

import static io.ironclaw.vm.qemu.Waiting.async;
import static io.ironclaw.vm.qemu.Waiting.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.VmStartException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Saving a template with a QEMU that does not do its part. */
@Timeout(60)
class TemplateSaveTest {
  private static final Duration SHORT = Duration.ofSeconds(1);

  @TempDir Path dir;
  private Path socket = Path.of("unset");
  private Path state = Path.of("unset");

  @BeforeEach
  void choose_files() throws IOException {
    socket = Files.createDirectories(dir.resolve("sock")).resolve("state");
    state = dir.resolve("state");
  }

  private Future<Boolean> save(FakeQemu qemu) {
    return async(() -> {
      QemuHypervisor.save(qemu.qmp(), dir, state, SHORT);
      return true;
    });
  }

  private SocketChannel connect() throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(socket));
  }

  /** Waits for the three commands, so the socket is there, and says yes to each. */
  private static void agree(FakeQemu qemu) throws IOException {
    for (int i = 0; i < 3; i++) {
      assertThat(qemu.received()).contains("execute");
    }
    qemu.say(FakeQemu.GREETING + FakeQemu.OK.repeat(3));
  }

  @Test
  void the_state_that_qemu_sends_is_the_file_and_the_socket_is_gone() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      var saved = save(qemu);
      agree(qemu);
      try (var to = connect()) {
        to.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
      }
      qemu.say("{\"event\": \"MIGRATION\", \"data\": {\"status\": \"completed\"}}\n");
      assertThat(soon(saved)).isTrue();
      assertThat(state).hasBinaryContent(new byte[] {1, 2, 3});
      assertThat(socket).doesNotExist();
    }
  }

  @Test
  void a_qemu_that_agrees_and_never_connects_is_given_up() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      var saved = save(qemu);
      agree(qemu);
      assertThatThrownBy(() -> soon(saved))
          .isInstanceOf(VmStartException.class)
          .hasMessageContaining("did not connect to " + socket);
      assertThat(socket).doesNotExist();
    }
  }

  @Test
  void a_state_that_never_ends_is_given_up_at_the_deadline() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      var saved = save(qemu);
      agree(qemu);
      try (var to = connect()) {
        to.write(ByteBuffer.wrap(new byte[] {1}));
        assertThatThrownBy(() -> soon(saved))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("device state did not end within 1000 ms");
      }
    }
  }

  @Test
  void a_state_without_bound_is_cut_off() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      var saved =
          async(() -> {
            QemuHypervisor.save(qemu.qmp(), dir, state, Duration.ofSeconds(30));
            return true;
          });
      agree(qemu);
      try (var to = connect()) {
        var chunk = ByteBuffer.allocate(1 << 20);
        assertThatThrownBy(
                () -> {
                  for (long sent = 0; sent < 4 * StateFile.MAX_BYTES; sent += chunk.capacity()) {
                    to.write(chunk.clear());
                  }
                })
            .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> soon(saved)).hasMessage("device state of over 64 MiB");
        assertThat(state.toFile().length()).isLessThanOrEqualTo(StateFile.MAX_BYTES);
      }
    }
  }

  @Test
  void a_qemu_that_refuses_is_told_with_its_words() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      var saved = save(qemu);
      qemu.say(
          FakeQemu.GREETING
              + FakeQemu.OK.repeat(2)
              + "{\"error\": {\"desc\": \"State blocked by device\"}}\n");
      assertThatThrownBy(() -> soon(saved))
          .hasMessage("QEMU refused to save the template: State blocked by device");
    }
  }
}
