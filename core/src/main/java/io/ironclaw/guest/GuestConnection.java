package io.ironclaw.guest;

import io.ironclaw.host.IoThread;
import io.ironclaw.host.Printable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Streams over one connection to a guest. A thread of its own reads frames and hands them out; it
 * never waits for a consumer and never writes, so no guest can make it block anything. Any breach
 * of the protocol ends the connection, and with it every stream.
 */
final class GuestConnection implements AutoCloseable {
  static final int MAX_STREAMS = 64;

  static final Duration SILENCE = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** After a command's time limit; a guest on a busy host needs some time to end it. */
  static final Duration MARGIN = Duration.ofSeconds(10);

  /** Told once, when the connection ends for whatever reason. */
  interface EndListener {
    void ended(GuestException why);
  }

  private final ByteChannel channel;
  private final EndListener listener;
  private final Duration margin;
  private final FrameWriter frames;
  private final ConcurrentHashMap<Integer, GuestStream> streams = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<FrameType, CompletableFuture<Frame>> replies =
      new ConcurrentHashMap<>();
  private final AtomicInteger nextStream = new AtomicInteger(1);
  private final AtomicReference<Optional<GuestException>> end =
      new AtomicReference<>(Optional.empty());
  private volatile long lastFrame = System.nanoTime();

  GuestConnection(String name, ByteChannel channel, Duration margin, EndListener listener) {
    this.channel = channel;
    this.margin = margin;
    this.listener = listener;
    this.frames = new FrameWriter(channel);
    IoThread.start("guest-reader-" + name, this::read);
  }

  /** Opens a stream with a request. */
  GuestStream open(FrameType request, byte[] payload) throws GuestException {
    return open(request, payload, true, Duration.ZERO);
  }

  /**
   * Opens a stream with a request; without stderr, that channel counts as ended.
   *
   * @param limit the guest's time for it; zero = any
   */
  GuestStream open(FrameType request, byte[] payload, boolean hasStderr, Duration limit)
      throws GuestException {
    failIfEnded();
    if (streams.size() >= MAX_STREAMS) {
      throw new GuestRefusedException(
          request.toString(), 11, MAX_STREAMS + " streams are open in this VM; end one first");
    }
    var stream =
        new GuestStream(
            nextStream.getAndIncrement(),
            request,
            frames,
            limit.isZero() ? Patience.unlimited() : new Patience(limit, margin),
            this::check);
    if (!hasStderr) {
      stream.stderr().endIfOpen();
    }
    streams.put(stream.id(), stream);
    // The connection may have ended between the check and the put.
    end.get().ifPresent(stream::fail);
    send(Frame.of(request, stream.id(), payload));
    return stream;
  }

  void send(Frame frame) throws GuestException {
    sendAll(List.of(frame));
  }

  void sendAll(List<Frame> batch) throws GuestException {
    try {
      frames.writeAll(batch);
    } catch (IOException e) {
      throw endWith(new GuestGoneException("its channel can't be written (" + e + ")"));
    }
  }

  /** Announces that a frame of the connection's own is expected; ask before sending. */
  CompletableFuture<Frame> expect(FrameType reply) {
    var future = new CompletableFuture<Frame>();
    replies.put(reply, future);
    end.get().ifPresent(future::completeExceptionally);
    return future;
  }

  /** Waits for a frame until a deadline. */
  Frame await(CompletableFuture<Frame> future, String what, Duration deadline)
      throws GuestException {
    try {
      return future.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException _) {
      throw endWith(new GuestUnresponsiveException(what, deadline));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new GuestGoneException("interrupted while waiting for " + what);
    } catch (ExecutionException e) {
      throw cause(e);
    }
  }

  /**
   * Waits for a stream's frame, as long as the agent shows that it lives and the stream's time is
   * not over.
   */
  Frame awaitAlive(GuestStream stream, CompletableFuture<Frame> future, String what)
      throws GuestException, InterruptedException {
    while (true) {
      try {
        return future.get(stream.patience().slice(SILENCE).toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException _) {
        check(stream, what, true);
      } catch (ExecutionException e) {
        throw cause(e);
      }
    }
  }

  /** A command must not outlive its time limit, and a guest that is waited for must live. */
  private void check(GuestStream stream, String what, boolean waiting) throws GuestException {
    if (stream.isOverdue()) {
      throw endWith(
          new GuestUnresponsiveException(
              what + ", nor an end at its time limit,", stream.patience().total()));
    }
    if (waiting && System.nanoTime() - lastFrame >= SILENCE.toNanos()) {
      ping(what);
    }
  }

  private synchronized void ping(String what) throws GuestException {
    if (System.nanoTime() - lastFrame < SILENCE.toNanos()) {
      return;
    }
    var pong = expect(FrameType.PONG);
    send(Frame.of(FrameType.PING, 0, new PayloadWriter().u64(System.nanoTime()).bytes()));
    await(pong, "sign of life while waiting for " + what, PATIENCE);
  }

  private static GuestException cause(ExecutionException e) {
    return e.getCause() instanceof GuestException g
        ? g
        : new GuestGoneException(String.valueOf(e.getCause()));
  }

  boolean isEnded() {
    return end.get().isPresent();
  }

  private void failIfEnded() throws GuestException {
    var why = end.get();
    if (why.isPresent()) {
      throw why.get();
    }
  }

  private void read() {
    var reader = new FrameReader(channel);
    try {
      while (true) {
        dispatch(reader.next());
        lastFrame = System.nanoTime();
      }
    } catch (GuestException e) {
      endWith(e);
    } catch (EOFException e) {
      endWith(new GuestGoneException(String.valueOf(e.getMessage())));
    } catch (IOException e) {
      endWith(new GuestGoneException("its channel can't be read (" + e + ")"));
    } catch (RuntimeException e) {
      // A defect of ours must end the connection too: nobody else would wake those who wait.
      endWith(new GuestGoneException("the host failed to read its channel (" + e + ")"));
    }
  }

  private void dispatch(Frame frame) throws GuestException {
    if (frame.stream() == 0) {
      if (frame.type() == FrameType.ERROR) {
        throw refusal("guest agent gave up", frame);
      }
      var reply = Optional.ofNullable(replies.remove(frame.type()));
      reply.orElseThrow(() -> unexpected(frame)).complete(frame);
      return;
    }
    var stream = Optional.ofNullable(streams.get(frame.stream()));
    if (stream.orElseThrow(() -> unexpected(frame)).accept(frame)) {
      streams.remove(frame.stream());
    }
  }

  private static ProtocolException unexpected(Frame frame) {
    return ProtocolException.field(
        "stream of " + frame.type(),
        Integer.toUnsignedString(frame.stream()),
        "a stream that is open, or a reply that was asked for");
  }

  static GuestRefusedException refusal(String what, Frame error) throws ProtocolException {
    var reader = error.reader();
    int errno = (int) reader.u32();
    String why = Printable.of(reader.text(1_024, "message"));
    reader.end();
    return new GuestRefusedException(what, errno, why);
  }

  /** Ends the connection once; the first reason stays. */
  GuestException endWith(GuestException why) {
    if (end.compareAndSet(Optional.empty(), Optional.of(why))) {
      try {
        channel.close();
      } catch (IOException _) {
        // It is closed for us either way.
      }
      replies.values().forEach(f -> f.completeExceptionally(why));
      streams.values().forEach(s -> s.fail(why));
      streams.clear();
      listener.ended(why);
    }
    return end.get().orElse(why);
  }

  @Override
  public void close() {
    endWith(new GuestGoneException("it was closed"));
  }
}
