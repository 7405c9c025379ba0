package io.ironclaw.guest;

import io.ironclaw.host.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The agent in a guest, as the host sees it. Safe for many threads. Every answer is checked against
 * the protocol; the first breach ends the connection.
 */
public final class GuestAgent implements AutoCloseable {
  private static final int MAGIC = 0x49524e43;
  private static final int VERSION = 1;
  private static final int MAX_VERSION_TEXT = 64;
  private static final int COPY_BYTES = 65_536;
  private static final Duration REPLY = Duration.ofSeconds(10);

  private final GuestConnection connection;

  private GuestAgent(GuestConnection connection) {
    this.connection = connection;
  }

  /**
   * Takes over a connected channel.
   *
   * @param name for thread names and messages
   */
  public static GuestAgent over(String name, ByteChannel channel) {
    return over(name, channel, GuestConnection.MARGIN);
  }

  /**
   * @param margin how long a command may outlive its time limit
   */
  static GuestAgent over(String name, ByteChannel channel, Duration margin) {
    return new GuestAgent(new GuestConnection(name, channel, margin, _ -> {}));
  }

  /**
   * Says hello and waits for the answer, as long as the guest may still be booting.
   *
   * @return the agent's version
   * @throws GuestUnresponsiveException after {@code deadline}
   */
  public String greet(Duration deadline) throws GuestException {
    long nonce = ThreadLocalRandom.current().nextLong();
    var reply = connection.expect(FrameType.HELLO_REPLY);
    connection.send(hello(nonce));
    return greeting(connection.await(reply, "HELLO_REPLY", deadline), nonce);
  }

  private static Frame hello(long nonce) {
    var payload = new PayloadWriter().u32(MAGIC).u16(VERSION).u16(VERSION).u64(nonce);
    return Frame.of(FrameType.HELLO, 0, payload.bytes());
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
    var hello = connection.expect(FrameType.HELLO_REPLY);
    var renewed = connection.expect(FrameType.RENEWED);
    connection.sendAll(
        List.of(hello(nonce), Frame.of(FrameType.RENEW, 0, renewal.payload(Instant.now()))));
    String version = greeting(connection.await(hello, "HELLO_REPLY", deadline), nonce);
    var result =
        Renewed.parse(connection.await(renewed, "RENEWED", deadline), version, Instant.now());
    if (!result.hostname().equals(renewal.hostname())) {
      throw connection.endWith(
          ProtocolException.field("hostname", Printable.of(result.hostname()), renewal.hostname()));
    }
    return result;
  }

  private String greeting(Frame reply, long nonce) throws GuestException {
    var reader = reply.reader();
    long magic = reader.u32();
    int version = reader.u16();
    long echoed = reader.u64();
    long pid = reader.u32();
    String text = Printable.of(reader.text(MAX_VERSION_TEXT, "agent version"));
    reader.end();
    if (magic != MAGIC || version != VERSION || echoed != nonce || pid != 1) {
      throw connection.endWith(
          ProtocolException.field(
              "HELLO_REPLY",
              "magic 0x%x, version %d, pid %d, nonce %s"
                  .formatted(magic, version, pid, echoed == nonce ? "echoed" : "wrong"),
              "magic 0x49524e43, version 1, pid 1, nonce echoed; is the guest agent of another"
                  + " release? rebuild the image"));
    }
    return text;
  }

  /**
   * Starts a command; returns when it runs.
   *
   * @throws GuestRefusedException if it can't start, with the errno of the call that failed
   */
  public GuestCommand exec(ExecRequest request) throws GuestException, InterruptedException {
    String program = Printable.of(request.argv().isEmpty() ? "exec" : request.argv().getFirst());
    var payload = request.payload();
    var stream =
        connection.open(
            FrameType.EXEC,
            payload,
            request.terminal().isEmpty(),
            Duration.ofMillis(request.timeLimitMillis()));
    var first = connection.awaitAlive(stream, stream.started(), "start of " + program);
    if (first.type() == FrameType.ERROR) {
      throw GuestConnection.refusal(program, first);
    }
    return new GuestCommand(connection, stream, program);
  }

  /** What a file operation reports: size in bytes (or entries), mode, time of change. */
  public record FileResult(long size, int mode, long modifiedNanos) {}

  /** Copies a file, or {@code most} bytes of it from {@code offset} on, out of the guest. */
  public FileResult readFile(String path, long offset, long most, OutputStream to)
      throws GuestException, IOException {
    var stream =
        connection.open(
            FrameType.READ_FILE, new PayloadWriter().str(path(path)).u64(offset).u64(most).bytes());
    try {
      copy(stream.stdout(), to, most == 0 ? Long.MAX_VALUE : most);
    } catch (IOException e) {
      abandon(stream);
      throw e;
    }
    return result("read " + path, stream);
  }

  /** Writes a file in the guest in one step: the old content or the new, nothing between. */
  public FileResult writeFile(String path, int mode, boolean createParents, InputStream from)
      throws GuestException, IOException {
    var stream =
        connection.open(
            FrameType.WRITE_FILE,
            new PayloadWriter()
                .str(path(path))
                .u32(mode)
                .u32(0)
                .u32(0)
                .u8(createParents ? 1 : 0)
                .bytes());
    try (var stdin = stream.stdin()) {
      from.transferTo(stdin);
    } catch (IOException e) {
      if (!stream.ended().isDone()) {
        abandon(stream);
        throw e;
      }
      // The guest ended the stream early; its reason is the better message.
    }
    return result("write " + path, stream);
  }

  /** The raw entries of a folder, to be parsed by {@link FileListing}. */
  public FileListing listFiles(String path, int most) throws GuestException, IOException {
    var stream =
        connection.open(
            FrameType.LIST_FILES, new PayloadWriter().str(path(path)).u32(most).bytes());
    try {
      var entries = FileListing.read(stream.stdout(), most);
      return new FileListing(entries, result("list " + path, stream).size());
    } catch (ProtocolException e) {
      throw connection.endWith(e);
    } catch (IOException e) {
      abandon(stream);
      throw e;
    }
  }

  private static void copy(Inbound from, OutputStream to, long most)
      throws IOException, ProtocolException {
    var buffer = new byte[COPY_BYTES];
    long copied = 0;
    int n = from.read(buffer);
    while (n >= 0) {
      copied += n;
      if (copied > most) {
        throw ProtocolException.field("file content", copied + " bytes", "0 to " + most);
      }
      to.write(buffer, 0, n);
      n = from.read(buffer);
    }
  }

  private void abandon(GuestStream stream) throws GuestException {
    stream.stdout().close();
    if (!stream.ended().isDone()) {
      connection.send(Frame.empty(FrameType.KILL, 0, stream.id()));
    }
  }

  private FileResult result(String what, GuestStream stream) throws GuestException {
    var end = connection.await(stream.ended(), "end of " + Printable.of(what), REPLY);
    if (end.type() == FrameType.ERROR) {
      throw GuestConnection.refusal(Printable.of(what), end);
    }
    var reader = end.reader();
    var result = new FileResult(reader.u64(), (int) reader.u32(), reader.u64());
    reader.end();
    return result;
  }

  private static String path(String path) throws GuestRefusedException {
    Objects.requireNonNull(path);
    int bytes = path.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
    if (!path.startsWith("/") || bytes > 4_095 || path.indexOf('\0') >= 0) {
      throw new GuestRefusedException(
          "path \""
              + Printable.of(path.length() > 80 ? path.substring(0, 80) + "..." : path)
              + "\"",
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
