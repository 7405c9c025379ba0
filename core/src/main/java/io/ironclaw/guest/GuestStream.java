package io.ironclaw.guest;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** One open stream: its channels, and the one frame that ends it. */
final class GuestStream {
  static final int STDOUT = 1;
  static final int STDERR = 2;

  private final int id;
  private final FrameType request;
  private final Inbound stdout;
  private final Inbound stderr;
  private final Outbound stdin;
  private final Patience patience;
  private final CompletableFuture<Frame> started = new CompletableFuture<>();
  private final CompletableFuture<Frame> ended = new CompletableFuture<>();

  /** Asked by whoever uses the stream, from time to time; ends the connection if need be. */
  interface Watch {
    void check(GuestStream stream, String waitsFor, boolean waiting) throws GuestException;
  }

  GuestStream(int id, FrameType request, FrameWriter frames, Patience patience, Watch watch) {
    this.id = id;
    this.request = request;
    this.patience = patience;
    this.stdout = inbound("stdout", STDOUT, frames, watch);
    this.stderr = inbound("stderr", STDERR, frames, watch);
    this.stdin = new Outbound(id, frames, waiting -> watch.check(this, "room in stdin", waiting));
  }

  private Inbound inbound(String name, int channel, FrameWriter frames, Watch watch) {
    return new Inbound(
        name,
        bytes -> credit(frames, id, channel, bytes),
        waiting -> watch.check(this, name + " or its end", waiting));
  }

  private static void credit(FrameWriter frames, int stream, int channel, int bytes)
      throws IOException {
    frames.write(
        new Frame(FrameType.CREDIT, channel, stream, new PayloadWriter().u32(bytes).bytes()));
  }

  int id() {
    return id;
  }

  Patience patience() {
    return patience;
  }

  /** Whether the guest is late with the end, and not because its output waits to be read here. */
  boolean isOverdue() {
    return !ended.isDone()
        && patience.isOver(
            stdout.holdsUp() || stderr.holdsUp(), stdout.received() + stderr.received());
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

  CompletableFuture<Frame> started() {
    return started;
  }

  /** The frame that ended the stream: EXITED, RESULT or ERROR. */
  CompletableFuture<Frame> ended() {
    return ended;
  }

  /**
   * Takes a frame of this stream; for the reader thread.
   *
   * @return whether it was the stream's last
   */
  boolean accept(Frame frame) throws ProtocolException {
    switch (frame.type()) {
      case DATA -> inbound(frame).accept(frame.payload());
      case END -> {
        requireEmpty(frame);
        inbound(frame).end();
      }
      case CREDIT -> {
        var reader = frame.reader();
        long bytes = reader.u32();
        reader.end();
        stdin.credit(bytes);
      }
      case STARTED -> {
        if (request != FrameType.EXEC || !started.complete(frame)) {
          throw ProtocolException.field("STARTED", "unexpected", "once, for EXEC");
        }
      }
      case EXITED, RESULT, ERROR -> {
        end(frame);
        return true;
      }
      default ->
          throw ProtocolException.field(
              "frame on stream " + Integer.toUnsignedString(id),
              frame.type().toString(),
              "a frame that a guest sends on a stream");
    }
    return false;
  }

  private void end(Frame frame) throws ProtocolException {
    boolean fits =
        switch (frame.type()) {
          case EXITED -> request == FrameType.EXEC && started.isDone();
          case RESULT -> request != FrameType.EXEC;
          default -> true;
        };
    if (!fits) {
      throw ProtocolException.field("end of " + request, frame.type().toString(), "its own kind");
    }
    if (frame.type() == FrameType.EXITED && !(stdout.isEnded() && stderr.isEnded())) {
      throw ProtocolException.field("EXITED", "before END", "after END of stdout and stderr");
    }
    started.complete(frame);
    stdin.finish();
    stdout.endIfOpen();
    stderr.endIfOpen();
    ended.complete(frame);
  }

  /** The connection ended under the stream. */
  void fail(GuestException why) {
    stdin.fail(why);
    stdout.fail(why);
    stderr.fail(why);
    started.completeExceptionally(why);
    ended.completeExceptionally(why);
  }

  private Inbound inbound(Frame frame) throws ProtocolException {
    return switch (frame.channel()) {
      case STDOUT -> stdout;
      case STDERR -> stderr;
      default ->
          throw ProtocolException.field(
              frame.type() + " channel", "" + frame.channel(), "1 (stdout) or 2 (stderr)");
    };
  }

  private static void requireEmpty(Frame frame) throws ProtocolException {
    frame.reader().end();
  }
}
