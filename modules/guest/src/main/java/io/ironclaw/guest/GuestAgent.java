package io.ironclaw.guest;

import io.ironclaw.api.GuestException;
import io.ironclaw.api.GuestInterruptedException;
import io.ironclaw.api.GuestRefusedException;
import io.ironclaw.api.GuestUnresponsiveException;
import io.ironclaw.api.Printable;
import io.ironclaw.api.ProtocolException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.channels.ByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * The agent in a guest, as the host sees it. Safe for many threads. Every answer is checked against
 * the protocol; the first breach ends the connection. Every wait ends: by the answer, by a deadline
 * of the host's clock, by the connection's end, or by an interrupt of the thread that waits, which
 * gives up what it waits for and leaves the connection as it is.
 */
public final class GuestAgent implements AutoCloseable {
  /** Where it listens in a guest whose channel is a vsock. */
  public static final int VSOCK_PORT = ProtocolNumbers.VSOCK_PORT;

  private static final int COPY_BYTES = 65_536;

  private final GuestConnection connection;

  /** Which filters the guest has. */
  private final BitSet filters = new BitSet();

  private GuestAgent(GuestConnection connection) {
    this.connection = connection;
  }

  /**
   * Takes over a connected channel.
   *
   * @param name for thread names and messages
   * @param watchdog keeps the deadlines; must outlive the agent
   */
  public static GuestAgent over(String name, ByteChannel channel, Watchdog watchdog) {
    return over(name, channel, watchdog, Waits.USUAL);
  }

  static GuestAgent over(String name, ByteChannel channel, Watchdog watchdog, Waits waits) {
    return over(name, channel, watchdog, waits, InstantSource.system());
  }

  static GuestAgent over(
      String name, ByteChannel channel, Watchdog watchdog, Waits waits, InstantSource wallClock) {
    return new GuestAgent(new GuestConnection(name, channel, waits, watchdog, wallClock));
  }

  /**
   * Says hello and waits for the answer, as long as the guest may still be booting.
   *
   * @return the agent's version
   * @throws GuestUnresponsiveException after {@code deadline}
   */
  public String greet(Duration deadline) throws GuestException {
    long nonce = ThreadLocalRandom.current().nextLong();
    var reply = expectGreeting(nonce);
    connection.send(hello(nonce));
    return connection.await(reply, "HELLO_REPLY", deadline).agent();
  }

  private static Frame hello(long nonce) {
    var payload =
        new PayloadWriter()
            .u32(ProtocolNumbers.PROTOCOL_MAGIC)
            .u16(ProtocolNumbers.PROTOCOL_VERSION)
            .u16(ProtocolNumbers.PROTOCOL_VERSION)
            .u64(nonce)
            .u32(ProtocolNumbers.OFFER_GUEST_STREAMS);
    return Frame.of(FrameType.HELLO, 0, payload.bytes());
  }

  private CompletableFuture<GuestMessage.HelloReply> expectGreeting(long nonce) {
    return connection.expect(
        "HELLO_REPLY", GuestMessage.HelloReply.class, reply -> check(reply, nonce));
  }

  private static void check(GuestMessage.HelloReply reply, long nonce) throws ProtocolException {
    boolean echoed = reply.nonce() == nonce;
    if (reply.magic() != ProtocolNumbers.PROTOCOL_MAGIC
        || reply.version() != ProtocolNumbers.PROTOCOL_VERSION
        || !echoed
        || reply.pid() != 1) {
      throw ProtocolException.field(
          "HELLO_REPLY",
          "magic 0x%x, version %d, pid %d, nonce %s"
              .formatted(reply.magic(), reply.version(), reply.pid(), echoed ? "echoed" : "wrong"),
          "magic 0x49524e43, version "
              + ProtocolNumbers.PROTOCOL_VERSION
              + ", pid 1, nonce echoed; is the guest agent of another release? rebuild the image");
    }
  }

  /**
   * Says hello and makes the guest itself: fresh entropy, clock, name. One write, and it returns
   * only when the guest has confirmed all of it. A guest that may still be booting is to be greeted
   * first: the time in the renewal is the time of the call.
   *
   * @throws GuestUnresponsiveException after {@code deadline}
   */
  public Renewed renew(Renewal renewal, Duration deadline) throws GuestException {
    long nonce = ThreadLocalRandom.current().nextLong();
    var hello = expectGreeting(nonce);
    var renewed = connection.expect("RENEWED", GuestMessage.RenewReply.class, _ -> {});
    connection.sendAll(
        List.of(hello(nonce), Frame.of(FrameType.RENEW, 0, renewal.payload(Instant.now()))));
    var greeting = connection.await(hello, "HELLO_REPLY", deadline);
    var reply = connection.await(renewed, "RENEWED", deadline);
    return new Renewed(
        Duration.between(reply.received(), reply.clock()),
        reply.sample(),
        reply.hostname(),
        greeting.agent(),
        Renewed.Feature.of(greeting.features()),
        reply.links(),
        reply.root());
  }

  /**
   * Has the guest set its network device up, and its resolver.
   *
   * @throws GuestUnresponsiveException after {@code deadline}
   */
  public void setUpNetwork(GuestNetwork network, Duration deadline) throws GuestException {
    var up = connection.expect("NETWORK_UP", GuestMessage.NetworkUp.class, _ -> {});
    connection.send(Frame.of(FrameType.NETWORK, 0, network.payload()));
    connection.await(up, "NETWORK_UP", deadline);
  }

  /**
   * Has the guest send frames out of its network device as they are, past its own kernel's rules.
   *
   * @param frames at most 32, of 14 to 1,514 bytes each
   * @return how many it says that it has sent
   * @throws GuestUnresponsiveException after {@code deadline}
   */
  public int probe(List<byte[]> frames, Duration deadline) throws GuestException {
    var probed = connection.expect("PROBED", GuestMessage.Probed.class, _ -> {});
    var payload = new PayloadWriter().u16(frames.size());
    frames.forEach(payload::str);
    connection.send(Frame.of(FrameType.PROBE, 0, payload.bytes()));
    return connection.await(probed, "PROBED", deadline).sent();
  }

  /**
   * Starts a command; returns when it runs. A start that is interrupted is taken back.
   *
   * @throws GuestRefusedException if it can't start, with the errno of the call that failed
   */
  public GuestCommand exec(ExecRequest request) throws GuestException, InterruptedException {
    String program = Printable.of(request.argv().isEmpty() ? "exec" : request.argv().getFirst());
    if (request.filter().isPresent()) {
      send(request.filter().get());
    }
    var stream =
        connection.open(
            GuestStream.Purpose.command(
                program,
                request.terminal().isEmpty(),
                Duration.ofMillis(request.timeLimitMillis())),
            request.payload(Instant.now()));
    var command = new GuestCommand(connection, stream);
    try {
      if (GuestConnection.await(stream.started()) instanceof GuestMessage.Failure failure) {
        throw failure.of(program);
      }
      return command;
    } catch (InterruptedException e) {
      command.abandon();
      throw e;
    }
  }

  /** Once for each; before the first command under it. */
  private void send(CommandFilter filter) throws GuestException {
    synchronized (filters) {
      if (!filters.get(filter.number())) {
        connection.send(Frame.of(FrameType.FILTER, 0, filter.payload()));
        filters.set(filter.number());
      }
    }
  }

  /**
   * Has the guest listen on its loopback.
   *
   * @param port 0 = any that is free
   * @param onConnection gets each connection, on a thread of its own, and closes it
   * @throws GuestRefusedException if the guest can't, with the errno of the call that failed
   */
  public GuestListener listen(int port, Consumer<GuestSocket> onConnection)
      throws GuestException, InterruptedException {
    if (port < 0 || port > 0xffff) {
      throw new IllegalArgumentException("port " + port + ": use 0 to 65535");
    }
    String what = "listener on port " + port;
    var stream =
        connection.open(
            GuestStream.Purpose.listener(what, onConnection),
            new PayloadWriter().u16(port).bytes());
    try {
      return switch (GuestConnection.await(stream.started())) {
        case GuestMessage.Started(long number) ->
            new GuestListener(connection, stream, (int) number);
        case GuestMessage.Failure failure -> throw failure.of(what);
      };
    } catch (InterruptedException e) {
      abandon(stream);
      throw e;
    }
  }

  /** What a file operation reports: size in bytes (or entries), mode, time of change. */
  public record FileResult(long size, int mode, long modifiedNanos) {}

  /** Copies a file, or {@code most} bytes of it from {@code offset} on, out of the guest. */
  public FileResult readFile(String path, long offset, long most, OutputStream to)
      throws GuestException, IOException {
    var stream =
        connection.open(
            GuestStream.Purpose.file(
                FrameType.READ_FILE, "read " + shown(path), most == 0 ? Long.MAX_VALUE : most),
            new PayloadWriter().str(path(path)).u64(offset).u64(most).bytes());
    try {
      var buffer = new byte[COPY_BYTES];
      for (int n = stream.stdout().read(buffer); n >= 0; n = stream.stdout().read(buffer)) {
        to.write(buffer, 0, n);
      }
      return result(stream);
    } catch (IOException | GuestException | RuntimeException e) {
      abandon(stream);
      throw e;
    }
  }

  /** Writes a file in the guest in one step: the old content or the new, nothing between. */
  public FileResult writeFile(String path, int mode, boolean createParents, InputStream from)
      throws GuestException, IOException {
    var stream =
        connection.open(
            GuestStream.Purpose.file(FrameType.WRITE_FILE, "write " + shown(path), 0),
            new PayloadWriter()
                .str(path(path))
                .u32(mode)
                .u32(0)
                .u32(0)
                .u8(createParents ? ProtocolNumbers.WRITE_PARENTS : 0)
                .bytes());
    try {
      send(from, stream);
      return result(stream);
    } catch (IOException | GuestException | RuntimeException e) {
      abandon(stream);
      throw e;
    }
  }

  private static void send(InputStream from, GuestStream to) throws IOException {
    try {
      from.transferTo(to.stdin());
      to.stdin().close();
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException e) {
      if (!to.ended().isDone()) {
        throw e;
      }
      // The guest ended the stream early; its reason is the better message.
    }
  }

  /**
   * The entries of a folder.
   *
   * @throws GuestRefusedException also if their names take more memory than a listing may
   */
  public FileListing listFiles(String path, int most) throws GuestException, IOException {
    var stream =
        connection.open(
            GuestStream.Purpose.file(FrameType.LIST_FILES, "list " + shown(path), Long.MAX_VALUE),
            new PayloadWriter().str(path(path)).u32(most).bytes());
    try {
      var entries = FileListing.read(stream.stdout(), most, stream.what());
      return new FileListing(entries, result(stream).size());
    } catch (ProtocolException e) {
      throw connection.endWith(e);
    } catch (IOException | GuestException | RuntimeException e) {
      abandon(stream);
      throw e;
    }
  }

  /** Tells the guest that nobody wants the rest; the failure that led here is the one to report. */
  private void abandon(GuestStream stream) {
    stream.stdout().close();
    try {
      connection.kill(stream);
    } catch (GuestException _) {
      // The connection has ended, and every stream with it.
    }
  }

  private static FileResult result(GuestStream stream) throws GuestException {
    try {
      return switch (GuestConnection.await(stream.ended())) {
        case GuestMessage.Result(FileResult result) -> result;
        case GuestMessage.Failure failure -> throw failure.of(stream.what());
        case GuestMessage.Exited _, GuestMessage.Closed _ ->
            throw new IllegalStateException("a stream checks how it ends");
      };
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new GuestInterruptedException(stream.awaited());
    }
  }

  private static String shown(String path) {
    return Printable.of(path.length() > 80 ? path.substring(0, 80) + "..." : path);
  }

  private static String path(String path) throws GuestRefusedException {
    Objects.requireNonNull(path);
    int bytes = path.getBytes(StandardCharsets.UTF_8).length;
    if (!path.startsWith("/")
        || bytes > ProtocolNumbers.MAX_PATH_BYTES
        || path.indexOf('\0') >= 0) {
      throw new GuestRefusedException(
          "path \"" + shown(path) + "\"",
          22,
          "give an absolute path of 1 to 4095 bytes without NUL");
    }
    return path;
  }

  /** Whether the connection still stands. */
  public boolean isOpen() {
    return !connection.isEnded();
  }

  @Override
  public void close() {
    connection.close();
  }
}
