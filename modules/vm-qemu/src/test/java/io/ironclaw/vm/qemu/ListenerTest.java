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
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ListenerTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path dir;
  private Path socket = Path.of("unset");

  @BeforeEach
  void choose_a_socket() {
    socket = dir.resolve("qmp.sock");
  }

  private SocketChannel connect() throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(socket));
  }

  /** Whether the other end has hung up; waits for it to do or say something. */
  private static boolean isHungUp(SocketChannel channel) throws Exception {
    var read =
        async(() -> {
          try {
            return channel.read(ByteBuffer.allocate(1));
          } catch (IOException e) {
            // A connection that was never accepted is reset.
            return -1;
          }
        });
    return soon(read) < 0;
  }

  @Test
  void nobody_who_connects_is_an_error_at_the_deadline_that_names_the_socket() throws Exception {
    try (var listener = Listener.on(socket)) {
      var waiter = async(() -> listener.connected(Duration.ofMillis(50)));
      assertThatThrownBy(() -> soon(waiter))
          .isInstanceOf(VmStartException.class)
          .hasMessage("QEMU did not connect to " + socket + " within 50 ms");
    }
  }

  @Test
  void whoever_waits_is_told_why_it_is_given_up() throws Exception {
    try (var listener = Listener.on(socket)) {
      var waiter = async(() -> listener.connected(LONG));
      listener.giveUp("QEMU ended with status 1");
      assertThatThrownBy(() -> soon(waiter))
          .isInstanceOf(VmStartException.class)
          .hasMessage("QEMU ended with status 1");
    }
  }

  @Test
  void a_connection_that_stands_is_not_touched_by_giving_up_or_closing() throws Exception {
    try (var listener = Listener.on(socket);
        var qemu = connect()) {
      try (var channel = listener.connected(LONG)) {
        listener.giveUp("QEMU ended with status 0");
        listener.close();
        qemu.write(ByteBuffer.wrap(new byte[] {7}));
        var buffer = ByteBuffer.allocate(1);
        channel.read(buffer);
        assertThat(buffer.get(0)).isEqualTo((byte) 7);
      }
    }
  }

  @Test
  void only_the_first_connection_is_accepted_and_the_socket_goes_away() throws Exception {
    try (var listener = Listener.on(socket);
        var first = connect();
        var second = connect()) {
      try (var channel = listener.connected(LONG)) {
        first.write(ByteBuffer.wrap(new byte[] {1}));
        second.write(ByteBuffer.wrap(new byte[] {2}));
        var buffer = ByteBuffer.allocate(1);
        channel.read(buffer);
        assertThat(buffer.get(0)).isEqualTo((byte) 1);
        listener.close();
        assertThat(isHungUp(second)).isTrue();
        assertThat(socket).doesNotExist();
        assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void a_connection_that_comes_too_late_is_hung_up() throws Exception {
    try (var listener = Listener.on(socket)) {
      listener.giveUp("enough");
      try (var late = connect()) {
        assertThat(isHungUp(late)).isTrue();
      }
    }
  }

  @Test
  void a_connection_that_nobody_took_is_hung_up_at_the_end() throws Exception {
    Path later = dir.resolve("later.sock");
    for (int round = 0; round < 50; round++) {
      try (var listener = Listener.on(socket);
          var qemu = connect();
          var other = Listener.on(later);
          var next = SocketChannel.open(UnixDomainSocketAddress.of(later));
          var accepted = other.connected(LONG)) {
        assertThat(next.isConnected() && accepted.isConnected()).isTrue();
        // The earlier connection is accepted by now, most likely; it is hung up in either case.
        listener.close();
        assertThat(isHungUp(qemu)).isTrue();
      }
    }
  }

  @Test
  void closing_wakes_whoever_waits() throws Exception {
    var listener = Listener.on(socket);
    var waiter = async(() -> listener.connected(LONG));
    listener.close();
    assertThatThrownBy(() -> soon(waiter)).isInstanceOf(VmStartException.class);
  }
}
