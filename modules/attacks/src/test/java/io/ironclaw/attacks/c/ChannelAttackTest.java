package io.ironclaw.attacks.c;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.GuestException;
import io.ironclaw.api.GuestUnresponsiveException;
import io.ironclaw.api.ProtocolException;
import io.ironclaw.guest.GuestAgent;
import io.ironclaw.guest.Renewal;
import io.ironclaw.guest.Renewed;
import io.ironclaw.guest.Watchdog;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Bytes of a guest on a real socket. */
@Timeout(60)
class ChannelAttackTest {
  private static final Duration DEADLINE = Duration.ofSeconds(2);

  @TempDir Path dir;

  /** What a guest does with its end of the channel. */
  private interface Guest {
    void attack(SocketChannel channel, OutputStream out) throws IOException, InterruptedException;
  }

  private Renewed against(Guest guest) throws Exception {
    var address = UnixDomainSocketAddress.of(dir.resolve("agent.sock"));
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(address);
      try (var end = SocketChannel.open(address);
          var watchdog = new Watchdog();
          var agent = GuestAgent.over("attacked", server.accept(), watchdog)) {
        var attack =
            new FutureTask<Void>(() -> {
              guest.attack(end, Channels.newOutputStream(end));
              return null;
            });
        Thread.ofPlatform().daemon().start(attack);
        return agent.renew(Renewal.fresh("vm-1", 0, new SecureRandom()), DEADLINE);
      }
    } finally {
      java.nio.file.Files.deleteIfExists(dir.resolve("agent.sock"));
    }
  }

  private static byte[] frame(int length, int stream, int type, int channel, byte[] payload) {
    return ByteBuffer.allocate(12 + payload.length)
        .putInt(length)
        .putInt(stream)
        .put((byte) type)
        .put((byte) channel)
        .putShort((short) 0)
        .put(payload)
        .array();
  }

  @Test
  void c1_lengths_and_headers_beyond_their_bounds_end_the_connection_at_once() {
    for (var hostile :
        List.of(
            frame(-1, 0, 0x81, 0, new byte[0]),
            frame(Integer.MIN_VALUE, 0, 0x81, 0, new byte[0]),
            frame(65_537, 0, 0x81, 0, new byte[0]),
            frame(0, 0, 0x81, 0, new byte[0]),
            frame(0, 0, 0x7f, 0, new byte[0]),
            frame(0, 0, 0x81, 9, new byte[0]),
            frame(8, 77, 0x04, 1, new byte[8]),
            frame(4, 0x8000_0001, 0x84, 0, new byte[4]))) {
      long begin = System.nanoTime();
      assertThatThrownBy(() -> against((_, out) -> out.write(hostile)))
          .isInstanceOf(ProtocolException.class);
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(DEADLINE);
    }
  }

  @Test
  void c1_a_guest_that_trickles_its_greeting_is_given_up_at_the_deadline() {
    assertThatThrownBy(() ->
            against((_, out) -> {
              for (int i = 0; i < 100; i++) {
                out.write(0);
                TimeUnit.MILLISECONDS.sleep(500);
              }
            }))
        .isInstanceOf(GuestUnresponsiveException.class);
  }

  @Test
  void c1_a_frame_that_is_cut_off_is_told_as_that() {
    assertThatThrownBy(() ->
            against((channel, out) -> {
              out.write(frame(40, 0, 0x81, 0, new byte[3]));
              channel.shutdownOutput();
            }))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("cut off");
  }

  @Test
  void c2_a_million_messages_that_nobody_asked_for_end_with_the_first() {
    assertThatThrownBy(() ->
            against((_, out) -> {
              var pong = frame(8, 0, 0x90, 0, new byte[8]);
              for (int i = 0; i < 1_000_000; i++) {
                out.write(pong);
              }
            }))
        .isInstanceOf(ProtocolException.class);
  }

  /** HELLO_REPLY and RENEWED as an honest guest sends them. */
  private static byte[] honest(SocketChannel channel) throws IOException {
    var hello = ByteBuffer.allocate(32);
    while (hello.hasRemaining()) {
      channel.read(hello);
    }
    var reply = new java.io.ByteArrayOutputStream();
    var payload =
        ByteBuffer.allocate(27)
            .putInt(0x49524e43)
            .putShort((short) 4)
            .putLong(hello.getLong(20))
            .putInt(1)
            .putInt(7)
            .putInt(1)
            .put((byte) '0');
    reply.writeBytes(frame(27, 0, 0x81, 0, payload.array()));
    var now = Instant.now();
    var renewed =
        ByteBuffer.allocate(8 + 20 + 8 + 2 + 6 + 1)
            .putLong(now.getEpochSecond() * 1_000_000_000L + now.getNano())
            .putInt(16)
            .put(new byte[16])
            .putInt(4)
            .put("vm-1".getBytes(StandardCharsets.US_ASCII))
            .putShort((short) 1)
            .putInt(2)
            .put("lo".getBytes(StandardCharsets.US_ASCII))
            .put((byte) 2);
    reply.writeBytes(frame(renewed.capacity(), 0, 0x82, 0, renewed.array()));
    return reply.toByteArray();
  }

  @Test
  void c3_messages_in_one_read_or_in_many_are_the_same_messages() throws Exception {
    var whole = against((channel, out) -> out.write(honest(channel)));
    var byBytes =
        against((channel, out) -> {
          for (byte b : honest(channel)) {
            out.write(b);
          }
        });
    for (var renewed : List.of(whole, byBytes)) {
      assertThat(renewed.hostname()).isEqualTo("vm-1");
      assertThat(renewed.links()).containsExactly("lo");
    }
  }
}
