package io.ironclaw.guest;

import io.ironclaw.api.GuestException;
import io.ironclaw.api.GuestUnresponsiveException;
import io.ironclaw.api.ProtocolException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** One open stream: its channels, its deadlines, and the one message that ends it. */
final class GuestStream {
  /**
   * What a stream is opened for.
   *
   * @param request EXEC or a file operation
   * @param what for messages: the program, or the operation and its path
   * @param hasStderr false: that channel counts as ended
   * @param most bytes that the guest may send on stdout
   * @param limit the guest's time for a command; zero = any
   * @param onConnection who takes the connections of a listener
   */
  record Purpose(
      FrameType request,
      String what,
      boolean hasStderr,
      long most,
      Duration limit,
      Consumer<GuestSocket> onConnection) {
    private static final Consumer<GuestSocket> NOBODY = GuestSocket::close;

    static Purpose command(String what, boolean hasStderr, Duration limit) {
      return new Purpose(FrameType.EXEC, what, hasStderr, Long.MAX_VALUE, limit, NOBODY);
    }

    static Purpose file(FrameType request, String what, long most) {
      return new Purpose(request, what, false, most, Duration.ZERO, NOBODY);
    }

    static Purpose listener(String what, Consumer<GuestSocket> onConnection) {
      return new Purpose(FrameType.LISTEN, what, false, 0, Duration.ZERO, onConnection);
    }

    /** Of a stream that the guest opens. */
    static Purpose socket(String what) {
      return new Purpose(FrameType.OPEN, what, false, Long.MAX_VALUE, Duration.ZERO, NOBODY);
    }

    boolean isCommand() {
      return request == FrameType.EXEC;
    }

    boolean isListener() {
      return request == FrameType.LISTEN;
    }

    boolean isSocket() {
      return request == FrameType.OPEN;
    }
  }

  private final int id;
  private final Purpose purpose;
  private final Waits waits;
  private final Inbound stdout;
  private final Inbound stderr;
  private final Outbound stdin;
  private final Patience patience;
  private final Pace pace;
  private final long opened = System.nanoTime();
  private final CompletableFuture<GuestMessage.Start> started = new CompletableFuture<>();
  private final CompletableFuture<GuestMessage.Ending> ended = new CompletableFuture<>();

  GuestStream(int id, Purpose purpose, Waits waits, GuestConnection connection, FrameQueue frames) {
    this.id = id;
    this.purpose = purpose;
    this.waits = waits;
    this.stdout = inbound(ProtocolNumbers.CHANNEL_OUT, nameOfOutput(purpose), connection);
    this.stderr = inbound(ProtocolNumbers.CHANNEL_ERR, "stderr", connection);
    this.stdin = new Outbound(id, frames, () -> connection.saidAll(this));
    this.patience = new Patience(purpose.limit(), waits.margin());
    this.pace = new Pace(waits.reply(), opened);
    if (!purpose.hasStderr()) {
      stderr.endIfOpen();
    }
  }

  private static String nameOfOutput(Purpose purpose) {
    return purpose.isCommand() ? "stdout" : purpose.isSocket() ? "socket" : "file content";
  }

  private Inbound inbound(int channel, String name, GuestConnection connection) {
    return new Inbound(
        name,
        bytes ->
            connection.send(
                new Frame(FrameType.CREDIT, channel, id, new PayloadWriter().u32(bytes).bytes())),
        channel == ProtocolNumbers.CHANNEL_OUT ? purpose.most() : Long.MAX_VALUE);
  }

  int id() {
    return id;
  }

  String what() {
    return purpose.what();
  }

  /** What whoever uses the stream waits for, in words. */
  String awaited() {
    return (hasStart() && !started.isDone() ? "start of " : "end of ") + purpose.what();
  }

  private boolean hasStart() {
    return purpose.isCommand() || purpose.isListener();
  }

  /** Who takes the connections of a listener that listens. */
  Optional<Consumer<GuestSocket>> acceptor() {
    return purpose.isListener() && started.isDone() && !ended.isDone()
        ? Optional.of(purpose.onConnection())
        : Optional.empty();
  }

  /** Whether a stream that the guest opened has nothing more to come, either way. */
  boolean isOver() {
    return purpose.isSocket() && stdout.isEnded() && stdin.isClosed();
  }

  /** Ends it, if it is over; true the first time. */
  boolean endIfOver() {
    return isOver() && ended.complete(new GuestMessage.Closed());
  }

  /** The guest was told to end it. */
  void killed() {
    patience.killed();
  }

  /** Whether the guest is late, and not because of this host; for the watchdog. */
  Optional<GuestUnresponsiveException> overdue(long now) {
    if (ended.isDone()) {
      return Optional.empty();
    }
    return switch (purpose.request()) {
      case EXEC, LISTEN -> lateCommand(now);
      // As long as its program likes; but a kill must be answered.
      case OPEN -> latePatience(true);
      default -> lateTransfer(now);
    };
  }

  private Optional<GuestUnresponsiveException> lateCommand(long now) {
    if (!started.isDone() && now - opened >= waits.reply().toNanos()) {
      return Optional.of(new GuestUnresponsiveException(awaited(), waits.reply()));
    }
    return latePatience(false);
  }

  private Optional<GuestUnresponsiveException> latePatience(boolean abandoned) {
    boolean unread = !abandoned && (stdout.holdsUp() || stderr.holdsUp());
    return patience.isOver(unread, stdout.received() + stderr.received())
        ? Optional.of(patience.overdue(purpose.what()))
        : Optional.empty();
  }

  private Optional<GuestUnresponsiveException> lateTransfer(long now) {
    boolean writes = purpose.request() == FrameType.WRITE_FILE;
    boolean guestsTurn = writes ? stdin.isGuestsTurn() : !stdout.holdsUp();
    long moved = writes ? stdin.credited() : stdout.received();
    return pace.isOver(guestsTurn, moved, now)
        ? Optional.of(
            new GuestUnresponsiveException(
                awaited() + ", nor " + Pace.LEAST_BYTES + " bytes of progress,", pace.stretch()))
        : Optional.empty();
  }

  Inbound stdout() {
    return stdout;
  }

  Inbound stderr() {
    return stderr;
  }

  Outbound stdin() {
    return stdin;
  }

  CompletableFuture<GuestMessage.Start> started() {
    return started;
  }

  /** What ended the stream. */
  CompletableFuture<GuestMessage.Ending> ended() {
    return ended;
  }

  /**
   * Takes a message of this stream; for the reader thread.
   *
   * @return whether it was the stream's last
   */
  boolean accept(GuestMessage message) throws ProtocolException {
    switch (message) {
      case GuestMessage.Data(int channel, byte[] bytes) -> inbound(channel, "DATA").accept(bytes);
      case GuestMessage.End(int channel) -> {
        inbound(channel, "END").end();
        return endIfOver();
      }
      case GuestMessage.Credit(long bytes) -> stdin.credit(bytes);
      case GuestMessage.Started start -> {
        if (!hasStart() || !started.complete(start)) {
          throw ProtocolException.field("STARTED", "unexpected", "once, for EXEC or LISTEN");
        }
      }
      case GuestMessage.Ending ending -> {
        end(ending);
        return true;
      }
      default ->
          throw ProtocolException.field(
              "message on stream " + Integer.toUnsignedString(id),
              message.getClass().getSimpleName(),
              "a message that a guest sends on a stream");
    }
    return false;
  }

  private void end(GuestMessage.Ending ending) throws ProtocolException {
    boolean fits =
        switch (ending) {
          case GuestMessage.Exited _ -> purpose.isCommand() && started.isDone();
          case GuestMessage.Result _ -> !hasStart() && !purpose.isSocket();
          case GuestMessage.Closed _ -> false;
          case GuestMessage.Failure _ -> true;
        };
    if (!fits) {
      throw ProtocolException.field(
          "end of " + purpose.request(), ending.getClass().getSimpleName(), "its own kind");
    }
    if (ending instanceof GuestMessage.Exited && !(stdout.isEnded() && stderr.isEnded())) {
      throw ProtocolException.field("EXITED", "before END", "after END of stdout and stderr");
    }
    if (ending instanceof GuestMessage.Failure failure) {
      started.complete(failure);
    }
    stdin.finish();
    stdout.endIfOpen();
    stderr.endIfOpen();
    ended.complete(ending);
  }

  /** The connection ended under the stream. */
  void fail(GuestException why) {
    stdin.fail(why);
    stdout.fail(why);
    stderr.fail(why);
    started.completeExceptionally(why);
    ended.completeExceptionally(why);
  }

  private Inbound inbound(int channel, String type) throws ProtocolException {
    return switch (channel) {
      case ProtocolNumbers.CHANNEL_OUT -> stdout;
      case ProtocolNumbers.CHANNEL_ERR -> stderr;
      default ->
          throw ProtocolException.field(
              type + " channel", "" + channel, "1 (stdout) or 2 (stderr)");
    };
  }
}
