package io.ironclaw.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.GuestRefusedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Streams that a guest opens, and a guest that breaks their rules. */
@Timeout(30)
class GuestSocketTest {
  private static final int FIRST = ProtocolNumbers.GUEST_STREAM | 1;

  @TempDir Path dir;
  private final BlockingQueue<GuestSocket> accepted = new LinkedBlockingQueue<>();

  /** A listener of the host's, as the guest sees it: the number of its stream. */
  private int listening(FakeGuest guest, FutureTask<GuestListener> asked) throws Exception {
    Thread.ofVirtual().start(asked);
    var listen = guest.received();
    assertThat(listen.type()).isEqualTo(FrameType.LISTEN);
    guest.send(Frame.of(FrameType.STARTED, listen.stream(), new PayloadWriter().u32(3128).bytes()));
    assertThat(asked.get().port()).isEqualTo(3128);
    return listen.stream();
  }

  private FutureTask<GuestListener> listen(FakeGuest guest) {
    return new FutureTask<>(() -> guest.agent().listen(0, accepted::add));
  }

  private static void open(FakeGuest guest, int id, int listener) throws IOException {
    guest.send(Frame.of(FrameType.OPEN, id, new PayloadWriter().u32(listener).bytes()));
  }

  @Test
  void bytes_go_both_ways_and_each_side_ends_by_itself() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      open(guest, FIRST, listening(guest, listen(guest)));
      var socket = accepted.take();
      guest.data(FIRST, 1, "ask".getBytes(StandardCharsets.UTF_8));
      assertThat(socket.in().readNBytes(3)).asString().isEqualTo("ask");
      socket.out().write("answer".getBytes(StandardCharsets.UTF_8));
      var answer = guest.received();
      assertThat(answer.stream()).isEqualTo(FIRST);
      assertThat(answer.payload()).asString().isEqualTo("answer");
      guest.end(FIRST, 1);
      assertThat(socket.in().read()).isEqualTo(-1);
      socket.out().close();
      assertThat(guest.received().type()).isEqualTo(FrameType.END);
      // It is over now, so closing it says nothing more; the next frame is another stream's.
      socket.close();
      guest.send(credit(FIRST));
      var next = listen(guest);
      Thread.ofVirtual().start(next);
      assertThat(guest.received().type()).isEqualTo(FrameType.LISTEN);
      assertThat(guest.agent().isOpen()).isTrue();
    }
  }

  @Test
  void closing_a_socket_kills_its_stream_and_a_guest_that_died_fails_its_reader() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      int listener = listening(guest, listen(guest));
      open(guest, FIRST, listener);
      accepted.take().close();
      var kill = guest.received();
      assertThat(kill.type()).isEqualTo(FrameType.KILL);
      assertThat(kill.stream()).isEqualTo(FIRST);
      guest.send(
          Frame.of(FrameType.ERROR, FIRST, new PayloadWriter().u32(125).str("closed").bytes()));
      open(guest, FIRST + 1, listener);
      var socket = accepted.take();
      guest.hangUp();
      assertThatThrownBy(() -> socket.in().read()).hasMessageContaining("VM is gone");
    }
  }

  @Test
  void a_listener_that_can_not_be_is_refused_with_its_reason() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var asked = listen(guest);
      Thread.ofVirtual().start(asked);
      int stream = guest.received().stream();
      guest.send(
          Frame.of(FrameType.ERROR, stream, new PayloadWriter().u32(98).str("in use").bytes()));
      assertThatThrownBy(asked::get)
          .hasRootCauseInstanceOf(GuestRefusedException.class)
          .hasMessageContaining("listener on port 0: in use");
    }
  }

  private void assertBreach(int id, int listenerOffset, String told) throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      int listener = listening(guest, listen(guest));
      open(guest, FIRST, listener);
      accepted.take();
      open(guest, id, listener + listenerOffset);
      var waiter = listen(guest);
      Thread.ofVirtual().start(waiter);
      assertThatThrownBy(waiter::get).hasMessageContaining(told);
      assertThat(guest.agent().isOpen()).isFalse();
    }
    java.nio.file.Files.deleteIfExists(dir.resolve("guest.sock"));
  }

  @Test
  void a_number_that_is_no_new_one_of_the_guests_ends_the_connection() throws Exception {
    assertBreach(FIRST, 0, "stream of OPEN is 2147483649");
    assertBreach(ProtocolNumbers.GUEST_STREAM, 0, "stream of OPEN is 2147483648");
    assertBreach(5, 0, "stream of OPEN is 5");
  }

  private static Frame credit(int stream) {
    return new Frame(FrameType.CREDIT, 0, stream, new PayloadWriter().u32(6).bytes());
  }

  @Test
  void credit_for_a_stream_that_the_guest_never_opened_ends_the_connection() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      open(guest, FIRST, listening(guest, listen(guest)));
      accepted.take();
      guest.send(credit(FIRST + 1));
      var waiter = listen(guest);
      Thread.ofVirtual().start(waiter);
      assertThatThrownBy(waiter::get).hasMessageContaining("stream of CREDIT");
    }
  }

  @Test
  void a_stream_for_no_listener_ends_the_connection() throws Exception {
    assertBreach(FIRST + 1, 1, "stream of OPEN");
  }

  @Test
  void more_streams_than_a_guest_may_open_end_the_connection() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      int listener = listening(guest, listen(guest));
      for (int i = 0; i < ProtocolNumbers.MAX_GUEST_STREAMS; i++) {
        open(guest, FIRST + i, listener);
        accepted.take();
      }
      assertThat(guest.agent().isOpen()).isTrue();
      open(guest, FIRST + ProtocolNumbers.MAX_GUEST_STREAMS, listener);
      var waiter = listen(guest);
      Thread.ofVirtual().start(waiter);
      assertThatThrownBy(waiter::get).hasMessageContaining("streams that the guest has open is 33");
    }
  }

  @Test
  void an_answer_that_belongs_to_another_kind_of_stream_ends_the_connection() throws Exception {
    for (var wrong : new FrameType[] {FrameType.STARTED, FrameType.EXITED, FrameType.RESULT}) {
      try (var guest = FakeGuest.connected(dir)) {
        open(guest, FIRST, listening(guest, listen(guest)));
        var socket = accepted.take();
        var payload = new PayloadWriter();
        switch (wrong) {
          case STARTED -> payload.u32(1);
          case EXITED -> payload.u8(0).u8(0).u8(0).u64(1).u64(1).u64(1).u16(0);
          default -> payload.u64(1).u32(0).u64(1);
        }
        guest.send(Frame.of(wrong, FIRST, payload.bytes()));
        assertThatThrownBy(() -> socket.in().read())
            .hasMessageContaining("guest broke the protocol");
      }
      java.nio.file.Files.deleteIfExists(dir.resolve("guest.sock"));
    }
  }
}
