package io.ironclaw.guest;

import io.ironclaw.api.GuestException;
import io.ironclaw.api.GuestGoneException;
import io.ironclaw.api.GuestInterruptedException;
import io.ironclaw.api.GuestRefusedException;
import io.ironclaw.api.GuestUnresponsiveException;
import io.ironclaw.api.ProtocolException;
import io.ironclaw.host.IoThread;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Streams over one connection to a guest. One thread reads, checks and hands out what the guest
 * says; it never waits for a consumer and never writes. One thread writes what is queued. The
 * {@link Watchdog} ends the connection when the guest is overdue with anything, by the host's
 * clock, so nobody who waits here has to look at one. Any breach of the protocol ends the
 * connection, and with it every stream.
 */
final class GuestConnection implements AutoCloseable, Watchdog.Watched {
  static final int MAX_STREAMS = ProtocolNumbers.MAX_STREAMS;

  /** What a reply on stream 0 must be. */
  interface Check<M> {
    void accept(M reply) throws ProtocolException;
  }

  private record Expected<M extends GuestMessage>(
      String name, Class<M> type, Check<M> check, CompletableFuture<M> future) {
    /** Completes, if the message is the one that is waited for. */
    boolean took(GuestMessage message) throws ProtocolException {
      if (!type.isInstance(message)) {
        return false;
      }
      var reply = type.cast(message);
      check.accept(reply);
      future.complete(reply);
      return true;
    }
  }

  private record Ping(long token, long sent) {}

  private static final Duration CLOCKS_MOVED = Duration.ofSeconds(1);

  private final ByteChannel channel;
  private final InstantSource wallClock;

  /** The wall clock less the monotonic one; for the watchdog's thread. */
  private long clocksApart;

  private final Waits waits;
  private final Watchdog watchdog;
  private final FrameQueue frames;
  private final ConcurrentHashMap<Integer, GuestStream> streams = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Class<?>, Expected<?>> replies = new ConcurrentHashMap<>();
  private final AtomicInteger nextStream = new AtomicInteger(1);
  private final AtomicReference<Optional<GuestException>> end =
      new AtomicReference<>(Optional.empty());
  private final AtomicReference<Optional<Ping>> ping = new AtomicReference<>(Optional.empty());

  /** For the reader thread. */
  private int lastGuestStream = ProtocolNumbers.GUEST_STREAM;

  private volatile long lastFrame = System.nanoTime();

  GuestConnection(
      String name, ByteChannel channel, Waits waits, Watchdog watchdog, InstantSource wallClock) {
    this.channel = channel;
    this.wallClock = wallClock;
    this.clocksApart = wallNanos() - System.nanoTime();
    this.waits = waits;
    this.watchdog = watchdog;
    this.frames = new FrameQueue(name, channel, e -> endWith(unwritable(e)));
    watchdog.watch(this);
    IoThread.start("guest-reader-" + name, this::read);
  }

  /** Whichever thread sees it first: an end that closed is told alike. */
  private static GuestGoneException unwritable(Exception e) {
    String reason = String.valueOf(e.getMessage());
    boolean closed = reason.contains("Broken pipe") || reason.contains("Connection reset");
    return new GuestGoneException(
        closed ? "the guest closed its channel" : "its channel can't be written (" + e + ")");
  }

  Waits waits() {
    return waits;
  }

  /** Opens a stream with a request. */
  GuestStream open(GuestStream.Purpose purpose, byte[] payload) throws GuestException {
    failIfEnded();
    if (streams.size() >= MAX_STREAMS) {
      throw new GuestRefusedException(
          purpose.what(), 11, MAX_STREAMS + " streams are open in this VM; end one first");
    }
    var stream = new GuestStream(nextStream.getAndIncrement(), purpose, waits, this, frames);
    streams.put(stream.id(), stream);
    // The connection may have ended between the check and the put.
    end.get().ifPresent(stream::fail);
    send(Frame.of(purpose.request(), stream.id(), payload));
    return stream;
  }

  /** Sends a control frame; never waits for the guest. */
  void send(Frame frame) throws GuestException {
    sendAll(List.of(frame));
  }

  /** Sends control frames together; never waits for the guest. */
  void sendAll(List<Frame> batch) throws GuestException {
    failIfEnded();
    if (!frames.control(batch)) {
      throw endWith(new GuestUnresponsiveException("room for what it is sent", waits.answer()));
    }
  }

  /** Ends a stream whose user does not want it any more; does nothing when it has ended. */
  void kill(GuestStream stream) throws GuestException {
    if (!stream.ended().isDone()) {
      stream.killed();
      send(Frame.empty(FrameType.KILL, 0, stream.id()));
    }
  }

  /** Announces that a reply of the connection's own is expected; ask before sending. */
  <M extends GuestMessage> CompletableFuture<M> expect(String name, Class<M> type, Check<M> check) {
    var future = new CompletableFuture<M>();
    replies.put(type, new Expected<>(name, type, check, future));
    end.get().ifPresent(future::completeExceptionally);
    return future;
  }

  /** Waits for a reply until a deadline, which ends the connection. */
  <M> M await(CompletableFuture<M> future, String what, Duration deadline) throws GuestException {
    try {
      return future.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException _) {
      throw endWith(new GuestUnresponsiveException(what, deadline));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new GuestInterruptedException(what);
    } catch (ExecutionException e) {
      throw cause(e);
    }
  }

  /** Waits for a message of a stream; its deadlines are the watchdog's. */
  static <M> M await(CompletableFuture<M> future) throws GuestException, InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw cause(e);
    }
  }

  private static GuestException cause(ExecutionException e) {
    return e.getCause() instanceof GuestException g
        ? g
        : new GuestGoneException(String.valueOf(e.getCause()));
  }

  @Override
  public void look(long now) {
    try {
      if (isEnded()) {
        return;
      }
      if (frames.stuckFor(now) >= waits.answer().toNanos()) {
        endWith(
            new GuestUnresponsiveException(
                "room for what it is sent while waiting for " + awaited(), waits.answer()));
        return;
      }
      for (var stream : streams.values()) {
        var late = stream.overdue(now);
        if (late.isPresent()) {
          endWith(late.get());
          return;
        }
      }
      lookForLife(now);
      lookAtClock(now);
    } catch (RuntimeException e) {
      // A defect of ours must not stop the watchdog for every other guest.
      endWith(new GuestGoneException("the host failed to watch it (" + e + ")"));
    }
  }

  /** A guest that is waited for must answer, if only to a ping. */
  private void lookForLife(long now) {
    var sent = ping.get();
    if (sent.isPresent()) {
      // It may have said something since that was queued before it saw the ping.
      long heard = Math.max(sent.get().sent(), lastFrame);
      if (now - heard >= waits.answer().toNanos()) {
        endWith(
            new GuestUnresponsiveException(
                "sign of life while waiting for " + awaited(), waits.answer()));
      }
    } else if (!streams.isEmpty() && now - lastFrame >= waits.silence().toNanos()) {
      var next = new Ping(ThreadLocalRandom.current().nextLong(), now);
      ping.set(Optional.of(next));
      frames.control(
          List.of(Frame.of(FrameType.PING, 0, new PayloadWriter().u64(next.token()).bytes())));
    }
  }

  /**
   * While a host sleeps, its monotonic clock stands still, and its guests with it: when the two
   * clocks have moved apart, the guest is told the time.
   */
  private void lookAtClock(long now) {
    long apart = wallNanos() - now;
    if (Math.abs(apart - clocksApart) > CLOCKS_MOVED.toNanos()) {
      clocksApart = apart;
      frames.control(
          List.of(Frame.of(FrameType.CLOCK, 0, new PayloadWriter().u64(wallNanos()).bytes())));
    }
  }

  private long wallNanos() {
    var time = wallClock.instant();
    return time.getEpochSecond() * 1_000_000_000L + time.getNano();
  }

  private String awaited() {
    return streams.values().stream()
        .map(GuestStream::awaited)
        .findFirst()
        .or(() -> replies.values().stream().map(Expected::name).findFirst())
        .orElse("its next answer");
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
        var frame = reader.next();
        dispatch(frame.stream(), frame.type(), GuestMessage.of(frame));
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

  private void dispatch(int id, FrameType type, GuestMessage message) throws GuestException {
    if (id == 0) {
      ofConnection(type, message);
      return;
    }
    if (message instanceof GuestMessage.Open(long listener)) {
      opened(id, (int) listener);
      return;
    }
    var stream = Optional.ofNullable(streams.get(id));
    if (stream.isEmpty() && message instanceof GuestMessage.Credit && hasOpened(id)) {
      // Sent before the guest knew that the host had said all, which ended the stream.
      return;
    }
    if (stream.orElseThrow(() -> unexpected(id, type)).accept(message)) {
      streams.remove(id);
    }
  }

  /** The guest opens a stream: its own number, each one higher, for a listener that listens. */
  private void opened(int id, int listener) throws GuestException {
    if (!isGuests(id) || Integer.compareUnsigned(id, lastGuestStream) <= 0) {
      throw ProtocolException.field(
          "stream of OPEN",
          Integer.toUnsignedString(id),
          "a number of the guest's above " + Integer.toUnsignedString(lastGuestStream));
    }
    lastGuestStream = id;
    long open = streams.keySet().stream().filter(GuestConnection::isGuests).count();
    if (open >= ProtocolNumbers.MAX_GUEST_STREAMS) {
      throw ProtocolException.field(
          "streams that the guest has open",
          "" + (open + 1),
          "0 to " + ProtocolNumbers.MAX_GUEST_STREAMS);
    }
    var acceptor =
        Optional.ofNullable(streams.get(listener))
            .flatMap(GuestStream::acceptor)
            .orElseThrow(() -> unexpected(listener, FrameType.OPEN));
    var purpose = GuestStream.Purpose.socket("connection to listener " + listener);
    var stream = new GuestStream(id, purpose, waits, this, frames);
    streams.put(id, stream);
    end.get().ifPresent(stream::fail);
    var socket = new GuestSocket(this, stream);
    Thread.ofVirtual().name("guest-socket").start(() -> acceptor.accept(socket));
  }

  /** Whether the guest has opened a stream of this number, which may be over. */
  private boolean hasOpened(int id) {
    return isGuests(id) && Integer.compareUnsigned(id, lastGuestStream) <= 0;
  }

  private static boolean isGuests(int id) {
    return (id & ProtocolNumbers.GUEST_STREAM) != 0;
  }

  /** The host has said all on a stream; one that the guest opened may be over with that. */
  void saidAll(GuestStream stream) {
    if (stream.endIfOver()) {
      streams.remove(stream.id());
    }
  }

  private void ofConnection(FrameType type, GuestMessage message) throws GuestException {
    switch (message) {
      case GuestMessage.Failure failure -> throw failure.of("guest agent gave up");
      case GuestMessage.Pong(long token) -> {
        var sent = ping.getAndSet(Optional.empty()).orElseThrow(() -> unexpected(0, type));
        if (sent.token() != token) {
          throw ProtocolException.field(
              "PONG token", Long.toHexString(token), Long.toHexString(sent.token()));
        }
      }
      default -> {
        var found = Optional.<Expected<?>>ofNullable(replies.get(message.getClass()));
        var expected = found.orElseThrow(() -> unexpected(0, type));
        if (!expected.took(message)) {
          throw unexpected(0, type);
        }
        if (message instanceof GuestMessage.HelloReply) {
          lastGuestStream = ProtocolNumbers.GUEST_STREAM;
        }
        // Only now: whoever waits for a reply that breaks a rule is told by the connection's end.
        replies.remove(message.getClass(), expected);
      }
    }
  }

  private static ProtocolException unexpected(int id, FrameType type) {
    return ProtocolException.field(
        "stream of " + type,
        Integer.toUnsignedString(id),
        "a stream that is open, or a reply that was asked for");
  }

  /** Ends the connection once; the first reason stays. */
  GuestException endWith(GuestException why) {
    if (end.compareAndSet(Optional.empty(), Optional.of(why))) {
      watchdog.forget(this);
      try {
        channel.close();
      } catch (IOException _) {
        // It is closed for us either way.
      }
      replies.values().forEach(r -> r.future().completeExceptionally(why));
      streams.values().forEach(s -> s.fail(why));
      streams.clear();
      // Last, so that whoever waits for room finds the reason in its stream.
      frames.end();
    }
    return end.get().orElse(why);
  }

  @Override
  public void close() {
    endWith(new GuestGoneException("it was closed"));
  }
}
