package io.ironclaw.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.GuestException;
import io.ironclaw.api.GuestGoneException;
import io.ironclaw.api.GuestInterruptedException;
import io.ironclaw.api.GuestRefusedException;
import io.ironclaw.api.GuestUnresponsiveException;
import io.ironclaw.api.ProtocolException;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostileGuestTest {
  private static final ExecRequest COMMAND =
      new ExecRequest(
          List.of("x"), List.of(), "", 0, 0, 0, true, Optional.empty(), Optional.empty());

  @TempDir Path dir;

  private static <T> Future<T> async(Callable<T> work) {
    var task = new FutureTask<T>(work);
    Thread.ofVirtual().start(task);
    return task;
  }

  private static <T> T within(Duration limit, Future<T> work) throws Exception {
    try {
      return work.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  private static <T> T soon(Future<T> work) throws Exception {
    return within(Duration.ofSeconds(2), work);
  }

  private static Renewal renewal() {
    return Renewal.fresh("vm-1", 0, new SecureRandom());
  }

  @Test
  void a_guest_that_never_answers_is_given_up_at_the_deadline() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var renewed = async(() -> guest.agent().renew(renewal(), Duration.ofMillis(100)));
      assertThatThrownBy(() -> soon(renewed))
          .isInstanceOf(GuestUnresponsiveException.class)
          .hasMessageContaining("no HELLO_REPLY within 100 ms");
      assertThat(guest.agent().isOpen()).isFalse();
    }
  }

  @Test
  void garbage_in_place_of_a_greeting_ends_the_connection_with_the_field_that_is_wrong()
      throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var renewed = async(() -> guest.agent().renew(renewal(), Duration.ofSeconds(30)));
      guest.sendRaw("SSH-2.0-OpenSSH_9.2\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThatThrownBy(() -> soon(renewed))
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining("frame length");
    }
  }

  @Test
  void a_wrong_nonce_in_the_greeting_is_refused() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var renewed = async(() -> guest.agent().renew(renewal(), Duration.ofSeconds(30)));
      assertThat(guest.received().type()).isEqualTo(FrameType.HELLO);
      assertThat(guest.received().type()).isEqualTo(FrameType.RENEW);
      guest.send(
          Frame.of(
              FrameType.HELLO_REPLY,
              0,
              new PayloadWriter()
                  .u32(0x49524e43)
                  .u16(ProtocolNumbers.PROTOCOL_VERSION)
                  .u64(1234)
                  .u32(1)
                  .u32(7)
                  .str("0")
                  .bytes()));
      assertThatThrownBy(() -> soon(renewed)).hasMessageContaining("nonce wrong");
    }
  }

  @Test
  void a_guest_that_dies_in_a_command_fails_every_waiter_at_once() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var started = async(() -> guest.agent().exec(COMMAND));
      int stream = guest.startCommand();
      guest.data(stream, 1, new byte[] {'a'});
      var command = soon(started);
      assertThat(command.stdout().read()).isEqualTo('a');
      var reader = async(() -> command.stdout().read());
      var waiter = async(command::await);
      guest.close();
      assertThatThrownBy(() -> soon(waiter)).isInstanceOf(GuestException.class);
      assertThatThrownBy(() -> soon(reader)).hasMessageContaining("VM is gone");
    }
  }

  /** A frame's header as a guest would send it. */
  private static byte[] header(int length, int stream, int type) {
    return ByteBuffer.allocate(Frame.HEADER_BYTES)
        .putInt(length)
        .putInt(stream)
        .put((byte) type)
        .put((byte) 1)
        .putShort((short) 0)
        .array();
  }

  @Test
  void a_frame_cut_off_in_the_middle_of_a_command_is_told_as_what_it_is() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var started = async(() -> guest.agent().exec(COMMAND));
      int stream = guest.startCommand();
      var waiter = async(soon(started)::await);
      guest.sendRaw(header(100, stream, FrameType.DATA.code()));
      guest.sendRaw(new byte[99]);
      guest.hangUp();
      assertThatThrownBy(() -> soon(waiter))
          .isInstanceOf(GuestGoneException.class)
          .hasMessage("VM is gone: a frame was cut off");
    }
  }

  @Test
  void a_frame_that_claims_four_gigabytes_ends_the_command_at_once() throws Exception {
    for (int length : new int[] {-1, Integer.MIN_VALUE, Frame.MAX_PAYLOAD + 1}) {
      try (var guest = FakeGuest.connected(dir)) {
        var started = async(() -> guest.agent().exec(COMMAND));
        int stream = guest.startCommand();
        var waiter = async(soon(started)::await);
        guest.sendRaw(header(length, stream, FrameType.DATA.code()));
        assertThatThrownBy(() -> soon(waiter))
            .isInstanceOf(ProtocolException.class)
            .hasMessageContaining("frame length is " + Integer.toUnsignedString(length));
        assertThat(guest.agent().isOpen()).isFalse();
      }
      java.nio.file.Files.delete(dir.resolve("guest.sock"));
    }
  }

  @Test
  void garbage_in_the_middle_of_a_command_fails_all_that_goes_on_in_the_vm() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var command = running(guest);
      var waiter = async(command::await);
      var writer =
          async(() -> {
            command.stdin().write(new byte[4 * Inbound.WINDOW]);
            return "written";
          });
      for (int received = 0; received < Inbound.WINDOW; ) {
        received += guest.received().payload().length;
      }
      var listing = async(() -> guest.agent().listFiles("/", 10));
      var second = async(() -> guest.agent().exec(COMMAND));
      assertThat(List.of(guest.received().type(), guest.received().type()))
          .containsExactlyInAnyOrder(FrameType.LIST_FILES, FrameType.EXEC);
      guest.sendRaw("\0\0\0\1kernel panic".getBytes(StandardCharsets.US_ASCII));
      assertThatThrownBy(() -> soon(waiter)).isInstanceOf(ProtocolException.class);
      assertThatThrownBy(() -> soon(second)).isInstanceOf(ProtocolException.class);
      assertThatThrownBy(() -> soon(writer)).hasCauseInstanceOf(ProtocolException.class);
      assertThatThrownBy(() -> soon(listing)).hasCauseInstanceOf(ProtocolException.class);
      assertThatThrownBy(() -> guest.agent().exec(COMMAND)).isInstanceOf(ProtocolException.class);
    }
  }

  @Test
  void an_answer_that_is_cut_short_inside_its_frame_is_refused() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var started = async(() -> guest.agent().exec(COMMAND));
      int stream = guest.startCommand();
      var waiter = async(soon(started)::await);
      guest.end(stream, 1);
      guest.end(stream, 2);
      guest.send(Frame.of(FrameType.EXITED, stream, new PayloadWriter().u8(0).u8(1).bytes()));
      assertThatThrownBy(() -> soon(waiter)).isInstanceOf(ProtocolException.class);
    }
  }

  @Test
  void another_name_is_told_as_it_was_confirmed_for_the_proof_to_judge() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var renewed = async(() -> guest.agent().renew(renewal(), Duration.ofSeconds(30)));
      long nonce = nonceOf(guest.received());
      assertThat(guest.received().type()).isEqualTo(FrameType.RENEW);
      guest.send(
          Frame.of(
              FrameType.HELLO_REPLY,
              0,
              new PayloadWriter()
                  .u32(0x49524e43)
                  .u16(ProtocolNumbers.PROTOCOL_VERSION)
                  .u64(nonce)
                  .u32(1)
                  .u32(7)
                  .str("0")
                  .bytes()));
      guest.send(
          Frame.of(
              FrameType.RENEWED,
              0,
              new PayloadWriter().u64(1).str(new byte[16]).str("vm-2\u001b").u16(0).u8(0).bytes()));
      assertThat(soon(renewed).hostname()).isEqualTo("vm-2\u001b");
    }
  }

  private static long nonceOf(Frame hello) {
    assertThat(hello.type()).isEqualTo(FrameType.HELLO);
    return ByteBuffer.wrap(hello.payload()).getLong(8);
  }

  @Test
  void a_guest_that_falls_silent_in_a_command_is_given_up_in_bounded_time() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var started = async(() -> guest.agent().exec(COMMAND));
      guest.startCommand();
      var waiter = async(soon(started)::await);
      // 1 s of silence, then 10 s for the answer to a ping.
      assertThatThrownBy(() -> within(Duration.ofSeconds(14), waiter))
          .isInstanceOf(GuestUnresponsiveException.class)
          .hasMessageContaining("no sign of life while waiting for end of x");
    }
  }

  @Test
  void a_silent_guest_in_the_middle_of_a_command_is_pinged_and_lives_if_it_answers()
      throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var started = async(() -> guest.agent().exec(COMMAND));
      int stream = guest.startCommand();
      var waiter = async(soon(started)::await);
      var ping = guest.received();
      assertThat(ping.type()).isEqualTo(FrameType.PING);
      guest.send(Frame.of(FrameType.PONG, 0, ping.payload()));
      guest.end(stream, 1);
      guest.end(stream, 2);
      guest.exited(stream, 3);
      assertThat(soon(waiter).code()).isEqualTo(3);
    }
  }

  private static final ExecRequest LIMITED =
      new ExecRequest(
          List.of("x"), List.of(), "", 0, 0, 50, true, Optional.empty(), Optional.empty());
  private static final Waits MARGIN = Waits.USUAL.withMargin(Duration.ofMillis(100));

  @Test
  void a_guest_that_lives_and_never_ends_a_command_is_given_up_after_its_time_limit()
      throws Exception {
    try (var guest = FakeGuest.connected(dir, MARGIN)) {
      var answering = async(() -> answerPings(guest));
      var started = async(() -> guest.agent().exec(LIMITED));
      var waiter = async(soon(started)::await);
      assertThatThrownBy(() -> soon(waiter))
          .isInstanceOf(GuestUnresponsiveException.class)
          .hasMessageContaining("no end of x, nor an end at its time limit, within 150 ms");
      assertThat(guest.agent().isOpen()).isFalse();
      assertThatThrownBy(() -> soon(answering)).isInstanceOf(java.io.IOException.class);
    }
  }

  private static Frame started(int stream) {
    return Frame.of(FrameType.STARTED, stream, new PayloadWriter().u32(42).bytes());
  }

  /** Says of every command that it started, and nothing more; ends when the host hangs up. */
  private static boolean answerPings(FakeGuest guest) throws Exception {
    while (true) {
      var frame = guest.received();
      if (frame.type() == FrameType.PING) {
        guest.send(Frame.of(FrameType.PONG, 0, frame.payload()));
      } else if (frame.type() == FrameType.EXEC) {
        guest.send(started(frame.stream()));
      }
    }
  }

  @Test
  void a_guest_that_never_starts_a_command_with_a_time_limit_is_given_up() throws Exception {
    try (var guest = FakeGuest.connected(dir, MARGIN)) {
      var started = async(() -> guest.agent().exec(LIMITED));
      assertThat(guest.received().type()).isEqualTo(FrameType.EXEC);
      assertThatThrownBy(() -> soon(started)).isInstanceOf(GuestUnresponsiveException.class);
    }
  }

  @Test
  void a_guest_that_goes_on_sending_after_the_time_limit_is_given_up_by_a_reader_alone()
      throws Exception {
    try (var guest = FakeGuest.connected(dir, MARGIN)) {
      var started = async(() -> guest.agent().exec(LIMITED));
      int stream = guest.startCommand();
      var command = soon(started);
      var reader =
          async(() -> command.stdout().transferTo(java.io.OutputStream.nullOutputStream()));
      var flood = async(() -> flood(guest, stream));
      assertThatThrownBy(() -> within(Duration.ofSeconds(10), reader))
          .hasCauseInstanceOf(GuestUnresponsiveException.class);
      assertThatThrownBy(() -> soon(flood)).isInstanceOf(java.io.IOException.class);
    }
  }

  /** Sends as much as it has credit for, and never ends. */
  private static boolean flood(FakeGuest guest, int stream) throws Exception {
    long balance = Inbound.WINDOW;
    while (true) {
      while (balance < Frame.MAX_PAYLOAD) {
        var frame = guest.received();
        if (frame.type() == FrameType.CREDIT) {
          balance += frame.reader().u32();
        }
      }
      guest.data(stream, 1, new byte[Frame.MAX_PAYLOAD]);
      balance -= Frame.MAX_PAYLOAD;
    }
  }

  @Test
  void output_that_waits_to_be_read_is_not_the_guests_delay() throws Exception {
    try (var guest = FakeGuest.connected(dir, MARGIN)) {
      var started = async(() -> guest.agent().exec(LIMITED));
      int stream = guest.startCommand();
      guest.data(stream, 1, new byte[] {'a'});
      var command = soon(started);
      var waiter = async(command::await);
      // A ping comes after a second of silence: time limit and margin are over by then.
      var ping = guest.received();
      assertThat(ping.type()).isEqualTo(FrameType.PING);
      guest.send(Frame.of(FrameType.PONG, 0, ping.payload()));
      guest.end(stream, 1);
      guest.end(stream, 2);
      guest.exited(stream, 0);
      assertThat(soon(waiter).code()).isZero();
      assertThat(command.stdout().read()).isEqualTo('a');
    }
  }

  @Test
  void data_beyond_the_credit_ends_the_connection() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var started = async(() -> guest.agent().exec(COMMAND));
      int stream = guest.startCommand();
      var waiter = async(soon(started)::await);
      for (int sent = 0; sent < Inbound.WINDOW; sent += 65_536) {
        guest.data(stream, 1, new byte[65_536]);
      }
      guest.data(stream, 1, new byte[1]);
      assertThatThrownBy(() -> soon(waiter))
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining("stdout DATA is 1 bytes, allowed: credit 0");
    }
  }

  @Test
  void an_exit_before_the_end_of_output_is_refused() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var started = async(() -> guest.agent().exec(COMMAND));
      int stream = guest.startCommand();
      var waiter = async(soon(started)::await);
      guest.end(stream, 1);
      guest.exited(stream, 0);
      assertThatThrownBy(() -> soon(waiter)).hasMessageContaining("EXITED is before END");
    }
  }

  @Test
  void a_frame_for_a_stream_that_is_not_open_is_refused() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var started = async(() -> guest.agent().exec(COMMAND));
      int stream = guest.startCommand();
      var waiter = async(soon(started)::await);
      guest.data(stream + 1, 1, new byte[1]);
      assertThatThrownBy(() -> soon(waiter)).hasMessageContaining("stream of DATA is");
    }
  }

  @Test
  void a_reply_that_nobody_asked_for_is_refused() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var started = async(() -> guest.agent().exec(COMMAND));
      guest.startCommand();
      var waiter = async(soon(started)::await);
      guest.send(Frame.of(FrameType.PONG, 0, new byte[8]));
      assertThatThrownBy(() -> soon(waiter)).hasMessageContaining("stream of PONG");
    }
  }

  @Test
  void a_command_that_can_not_start_gives_the_errno_and_leaves_the_connection_open()
      throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var started = async(() -> guest.agent().exec(COMMAND));
      var exec = guest.received();
      guest.send(
          Frame.of(
              FrameType.ERROR,
              exec.stream(),
              new PayloadWriter().u32(2).str("no such \u001b[31mfile").bytes()));
      assertThatThrownBy(() -> soon(started))
          .isInstanceOfSatisfying(
              GuestRefusedException.class,
              e -> assertThat(e.errno()).isEqualTo(GuestRefusedException.ENOENT))
          .hasMessage("x: no such \\u001b[31mfile");
      assertThat(guest.agent().isOpen()).isTrue();
    }
  }

  @Test
  void stdin_waits_for_credit_and_goes_on_when_it_comes() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var started = async(() -> guest.agent().exec(COMMAND));
      int stream = guest.startCommand();
      var command = soon(started);
      var writer =
          async(() -> {
            command.stdin().write(new byte[Inbound.WINDOW + 1]);
            return "written";
          });
      int received = 0;
      while (received < Inbound.WINDOW) {
        received += guest.received().payload().length;
      }
      assertThat(writer.isDone()).isFalse();
      guest.send(Frame.of(FrameType.CREDIT, stream, new PayloadWriter().u32(1).bytes()));
      assertThat(guest.received().payload()).hasSize(1);
      assertThat(soon(writer)).isEqualTo("written");
    }
  }

  @Test
  void credit_that_overflows_is_refused() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var started = async(() -> guest.agent().exec(COMMAND));
      int stream = guest.startCommand();
      var waiter = async(soon(started)::await);
      guest.send(Frame.of(FrameType.CREDIT, stream, new PayloadWriter().u32(1L << 30).bytes()));
      assertThatThrownBy(() -> soon(waiter)).hasMessageContaining("CREDIT");
    }
  }

  @Test
  void random_frames_of_every_type_never_hang_a_waiter() throws Exception {
    var random = new Random(3);
    for (int round = 0; round < 300; round++) {
      try (var guest = FakeGuest.connected(dir)) {
        java.nio.file.Files.delete(dir.resolve("guest.sock"));
        var started = async(() -> guest.agent().exec(COMMAND));
        int stream = guest.startCommand();
        var waiter = async(soon(started)::await);
        try {
          for (int i = 0; i < 50; i++) {
            var payload = new byte[random.nextInt(40)];
            random.nextBytes(payload);
            var types = FrameType.values();
            guest.send(
                new Frame(
                    types[random.nextInt(types.length)],
                    random.nextInt(3),
                    random.nextInt(4) == 0 ? random.nextInt() : stream,
                    payload));
          }
        } catch (java.io.IOException e) {
          assertThat(guest.agent().isOpen()).isFalse();
        }
        // Only the guest's end: closing the host's would wake every waiter by itself.
        guest.hangUp();
        assertThatThrownBy(() -> soon(waiter)).isInstanceOf(GuestException.class);
        assertThat(guest.agent().isOpen()).isFalse();
      }
    }
  }

  @Test
  void a_file_name_with_a_slash_in_a_listing_is_refused() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var listing = async(() -> guest.agent().listFiles("/", 10));
      int stream = guest.received().stream();
      guest.data(
          stream,
          1,
          new PayloadWriter().u8('-').u32(0).u64(1).u64(2).str("../etc/passwd").str("").bytes());
      assertThatThrownBy(() -> soon(listing))
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining("entry name");
      assertThat(guest.agent().isOpen()).isFalse();
    }
  }

  @Test
  void more_content_than_was_asked_for_is_refused() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var out = new java.io.ByteArrayOutputStream();
      var read = async(() -> guest.agent().readFile("/a", 0, 4, out));
      int stream = guest.received().stream();
      guest.data(stream, 1, new byte[5]);
      assertThatThrownBy(() -> soon(read)).hasMessageContaining("file content is 5 bytes");
      assertThat(out.size()).isZero();
      assertThat(guest.agent().isOpen()).isFalse();
    }
  }

  private static final Waits SHORT =
      new Waits(
          Duration.ofMillis(200),
          Duration.ofMillis(600),
          Duration.ofMillis(600),
          Duration.ofMillis(300));
  private static final Duration BOUNDED = Duration.ofSeconds(5);

  @Test
  void a_guest_that_stops_reading_ends_every_wait_and_holds_up_no_kill() throws Exception {
    try (var guest = FakeGuest.connected(dir, SHORT)) {
      var command = running(guest);
      var writer = filling(command);
      var waiter = async(command::await);
      var reader = async(() -> command.stdout().read());
      soon(
          async(() -> {
            command.kill();
            return "killed";
          }));
      assertThatThrownBy(() -> within(BOUNDED, waiter))
          .isInstanceOf(GuestUnresponsiveException.class);
      assertThatThrownBy(() -> soon(reader)).hasCauseInstanceOf(GuestUnresponsiveException.class);
      assertThatThrownBy(() -> soon(writer)).hasCauseInstanceOf(GuestUnresponsiveException.class);
      assertThat(guest.agent().isOpen()).isFalse();
    }
  }

  @Test
  void a_guest_that_stops_reading_in_a_command_with_a_long_limit_is_given_up_for_what_it_is()
      throws Exception {
    var limited =
        new ExecRequest(
            List.of("x"), List.of(), "", 0, 0, 60_000, true, Optional.empty(), Optional.empty());
    try (var guest = FakeGuest.connected(dir, SHORT)) {
      var started = async(() -> guest.agent().exec(limited));
      guest.startCommand();
      var command = soon(started);
      var writer = filling(command);
      assertThatThrownBy(() -> within(BOUNDED, async(command::await)))
          .hasMessageContaining("no room for what it is sent while waiting for end of x");
      assertThatThrownBy(() -> soon(writer)).hasCauseInstanceOf(GuestUnresponsiveException.class);
    }
  }

  private static GuestCommand running(FakeGuest guest) throws Exception {
    var started = async(() -> guest.agent().exec(COMMAND));
    guest.startCommand();
    return soon(started);
  }

  /** Writes as much as the guest has room for, and says so. */
  private static Future<String> filling(GuestCommand command) {
    return async(() -> {
      command.stdin().write(new byte[Inbound.WINDOW]);
      return "written";
    });
  }

  @Test
  void closing_does_not_wait_for_a_guest_that_reads_nothing() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var command = running(guest);
      var writer = filling(command);
      var waiter = async(command::await);
      soon(
          async(() -> {
            guest.agent().close();
            return "closed";
          }));
      assertThatThrownBy(() -> soon(waiter)).hasMessageContaining("it was closed");
      assertThatThrownBy(() -> soon(writer)).isInstanceOf(java.io.IOException.class);
    }
  }

  @Test
  void a_kill_overtakes_the_data_that_waits_before_it() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var command = running(guest);
      var writer = filling(command);
      command.kill();
      int before = 0;
      var frame = guest.received();
      while (frame.type() != FrameType.KILL) {
        before += frame.payload().length;
        frame = guest.received();
      }
      assertThat(before).isLessThan(Inbound.WINDOW);
      while (before < Inbound.WINDOW) {
        before += guest.received().payload().length;
      }
      assertThat(soon(writer)).isEqualTo("written");
    }
  }

  @Test
  void a_guest_that_only_answers_pings_ends_no_file_operation_and_starts_no_command_for_ever()
      throws Exception {
    List<Function<GuestAgent, Callable<?>>> calls =
        List.of(
            agent -> () -> agent.readFile("/f", 0, 0, java.io.OutputStream.nullOutputStream()),
            agent -> () -> agent.writeFile("/f", 0, false, new ByteArrayInputStream(new byte[9])),
            agent ->
                () ->
                    agent.writeFile(
                        "/f", 0, false, new ByteArrayInputStream(new byte[3 * Inbound.WINDOW])),
            agent -> () -> agent.listFiles("/", 10),
            agent -> () -> agent.exec(COMMAND));
    for (var call : calls) {
      try (var guest = FakeGuest.connected(dir, SHORT)) {
        java.nio.file.Files.delete(dir.resolve("guest.sock"));
        var _ = async(() -> onlyPongs(guest));
        assertThatThrownBy(() -> within(BOUNDED, async(call.apply(guest.agent()))))
            .extracting(e -> e instanceof java.io.IOException ? e.getCause() : e)
            .isInstanceOf(GuestUnresponsiveException.class);
        assertThat(guest.agent().isOpen()).isFalse();
      }
    }
  }

  private static boolean onlyPongs(FakeGuest guest) throws Exception {
    while (true) {
      var frame = guest.received();
      if (frame.type() == FrameType.PING) {
        guest.send(Frame.of(FrameType.PONG, 0, frame.payload()));
      }
    }
  }

  @Test
  void a_guest_that_trickles_a_file_is_given_up() throws Exception {
    try (var guest = FakeGuest.connected(dir, SHORT)) {
      var read =
          async(() -> guest.agent().readFile("/f", 0, 0, java.io.OutputStream.nullOutputStream()));
      int stream = guest.received().stream();
      var trickle =
          async(() -> {
            while (true) {
              guest.data(stream, 1, new byte[1]);
              java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
            }
          });
      assertThatThrownBy(() -> within(BOUNDED, read))
          .hasMessageContaining("no end of read /f, nor 65536 bytes of progress,");
      assertThatThrownBy(() -> soon(trickle)).isInstanceOf(java.io.IOException.class);
    }
  }

  @Test
  void a_guest_that_ignores_a_kill_is_given_up() throws Exception {
    try (var guest = FakeGuest.connected(dir, SHORT)) {
      var started = async(() -> guest.agent().exec(COMMAND));
      guest.startCommand();
      var _ = async(() -> onlyPongs(guest));
      var command = soon(started);
      command.kill();
      assertThatThrownBy(() -> within(BOUNDED, async(command::await)))
          .hasMessageContaining("no end of x after it was killed");
    }
  }

  /** A message that no guest may send, told by the waiter and by the end of the connection. */
  private void assertBreach(String message, Function<Integer, Frame> breach) throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      java.nio.file.Files.delete(dir.resolve("guest.sock"));
      var started = async(() -> guest.agent().exec(COMMAND));
      int stream = guest.startCommand();
      var waiter = async(soon(started)::await);
      guest.end(stream, 1);
      guest.end(stream, 2);
      guest.send(breach.apply(stream));
      assertThatThrownBy(() -> soon(waiter))
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining(message);
      assertThat(guest.agent().isOpen()).isFalse();
    }
  }

  @Test
  void whatever_field_is_wrong_the_connection_ends() throws Exception {
    assertBreach(
        "EXITED payload is 2 bytes, allowed: at least 3", s -> exited(s, w -> w.u8(0).u8(1)));
    assertBreach(
        "EXITED wall time is 18446744073709551615",
        s -> exited(s, w -> w.u8(0).u8(0).u8(0).u64(-1).u64(0).u64(0)));
    assertBreach(
        "EXITED CPU time", s -> exited(s, w -> w.u8(0).u8(0).u8(0).u64(0).u64(1L << 62).u64(0)));
    assertBreach("EXITED peak RSS", s -> exited(s, w -> w.u8(0).u8(0).u8(0).u64(0).u64(0).u64(-5)));
    assertBreach("EXITED how is 3", s -> exited(s, w -> w.u8(3).u8(0).u8(0).u64(0).u64(0).u64(0)));
    assertBreach(
        "EXITED signal is 99", s -> exited(s, w -> w.u8(1).u8(99).u8(0).u64(0).u64(0).u64(0)));
    assertBreach(
        "EXITED flags is 4", s -> exited(s, w -> w.u8(0).u8(0).u8(4).u64(0).u64(0).u64(0)));
    assertBreach("EXITED refused calls is 65", s -> exited(s, w -> refused(w).u16(65)));
    assertBreach(
        "EXITED refused call is 4096", s -> exited(s, w -> refused(w).u16(1).u32(4_096).u64(1)));
    assertBreach(
        "EXITED refused times is 0", s -> exited(s, w -> refused(w).u16(1).u32(165).u64(0)));
    assertBreach(
        "EXITED refused call is 165, allowed: each once",
        s -> exited(s, w -> refused(w).u16(2).u32(165).u64(1).u32(165).u64(1)));
    assertBreach("(its fields end there)", s -> exited(s, w -> w.u64(0).u64(0).u64(0).u64(0)));
    assertBreach(
        "ERROR message length",
        s -> Frame.of(FrameType.ERROR, s, new PayloadWriter().u32(2).u32(9_999).bytes()));
    assertBreach(
        "ERROR errno",
        s -> Frame.of(FrameType.ERROR, s, new PayloadWriter().u32(1 << 20).str("x").bytes()));
    assertBreach("DATA after END", s -> new Frame(FrameType.DATA, 1, s, new byte[1]));
    assertBreach("DATA is 0 bytes", s -> new Frame(FrameType.DATA, 1, s, new byte[0]));
    assertBreach("END payload", s -> new Frame(FrameType.END, 1, s, new byte[1]));
    assertBreach("STARTED", s -> started(s));
    assertBreach("STARTED payload is 0", s -> Frame.of(FrameType.STARTED, s, new byte[0]));
    assertBreach("PONG payload is 3", s -> Frame.of(FrameType.PONG, 0, new byte[3]));
    assertBreach("stream of PONG", s -> Frame.of(FrameType.PONG, 0, new byte[8]));
    assertBreach("frame type is EXEC", s -> Frame.of(FrameType.EXEC, s, new byte[8]));
    assertBreach(
        "end of EXEC is Result",
        s -> Frame.of(FrameType.RESULT, s, new PayloadWriter().u64(0).u32(0).u64(0).bytes()));
  }

  private static PayloadWriter refused(PayloadWriter w) {
    return w.u8(0).u8(0).u8(0).u64(0).u64(0).u64(0);
  }

  private static Frame exited(int stream, java.util.function.UnaryOperator<PayloadWriter> fields) {
    return Frame.of(FrameType.EXITED, stream, fields.apply(new PayloadWriter()).bytes());
  }

  @Test
  void a_pong_with_another_token_is_no_sign_of_life() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var started = async(() -> guest.agent().exec(COMMAND));
      guest.startCommand();
      var waiter = async(soon(started)::await);
      var ping = guest.received();
      assertThat(ping.type()).isEqualTo(FrameType.PING);
      var wrong = ping.payload().clone();
      wrong[7] ^= 1;
      guest.send(Frame.of(FrameType.PONG, 0, wrong));
      assertThatThrownBy(() -> soon(waiter)).hasMessageContaining("PONG token");
      assertThat(guest.agent().isOpen()).isFalse();
    }
  }

  @Test
  void an_interrupt_gives_up_a_file_operation_and_a_start_and_leaves_the_connection_open()
      throws Exception {
    List<Function<GuestAgent, Callable<?>>> calls =
        List.of(
            agent -> () -> agent.readFile("/f", 0, 0, java.io.OutputStream.nullOutputStream()),
            agent -> () -> agent.writeFile("/f", 0, false, new ByteArrayInputStream(new byte[9])),
            agent -> () -> agent.listFiles("/", 10),
            agent -> () -> agent.exec(COMMAND));
    try (var guest = FakeGuest.connected(dir)) {
      for (var call : calls) {
        var task = new FutureTask<Object>(() -> call.apply(guest.agent()).call());
        var thread = Thread.ofVirtual().start(task);
        // What was queued for the one before it may come still.
        var request = guest.received();
        while (request.type() == FrameType.DATA || request.type() == FrameType.END) {
          request = guest.received();
        }
        int stream = request.stream();
        thread.interrupt();
        assertThatThrownBy(() -> soon(task))
            .isInstanceOfAny(
                GuestInterruptedException.class,
                InterruptedException.class,
                java.io.InterruptedIOException.class);
        var frame = guest.received();
        while (frame.type() != FrameType.KILL) {
          frame = guest.received();
        }
        assertThat(frame.stream()).isEqualTo(stream);
        guest.send(
            Frame.of(
                FrameType.ERROR, stream, new PayloadWriter().u32(125).str("abandoned").bytes()));
        assertThat(guest.agent().isOpen()).isTrue();
      }
    }
  }

  @Test
  void a_listing_that_would_fill_the_hosts_memory_is_refused_and_given_up() throws Exception {
    try (var guest = FakeGuest.connected(dir)) {
      var listing = async(() -> guest.agent().listFiles("/", 65_536));
      int stream = guest.received().stream();
      var flood =
          async(() -> {
            var entry =
                new PayloadWriter()
                    .u8('l')
                    .u32(0)
                    .u64(1)
                    .u64(2)
                    .str("n".repeat(255))
                    .str("t".repeat(4_095))
                    .bytes();
            long balance = Inbound.WINDOW;
            while (true) {
              while (balance < entry.length) {
                var frame = guest.received();
                if (frame.type() == FrameType.KILL) {
                  return "killed";
                }
                balance += frame.type() == FrameType.CREDIT ? frame.reader().u32() : 0;
              }
              guest.data(stream, 1, entry);
              balance -= entry.length;
            }
          });
      assertThatThrownBy(() -> within(BOUNDED, listing))
          .isInstanceOf(GuestRefusedException.class)
          .hasMessage("list /: names of over 16 MiB; list fewer entries");
      assertThat(soon(flood)).isEqualTo("killed");
      assertThat(guest.agent().isOpen()).isTrue();
    }
  }

  @Test
  void a_host_that_slept_tells_its_guest_the_time() throws Exception {
    var now = new java.util.concurrent.atomic.AtomicReference<>(java.time.Instant.EPOCH);
    long begin = System.nanoTime();
    try (var guest =
        FakeGuest.connected(
            dir, Waits.USUAL, () -> now.get().plusNanos(System.nanoTime() - begin))) {
      // An hour that the monotonic clock knows nothing of.
      now.set(java.time.Instant.EPOCH.plusSeconds(3_600));
      var frame = guest.received();
      assertThat(frame.type()).isEqualTo(FrameType.CLOCK);
      assertThat(frame.reader().u64() / 1_000_000_000L).isBetween(3_600L, 3_605L);
    }
  }
}
