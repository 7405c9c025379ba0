package io.ironclaw.guest;

import io.ironclaw.api.ProtocolException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.InstantSource;

/** The guest's end of a real socket, played by a test: it can send any bytes. */
final class FakeGuest implements AutoCloseable {
  private final SocketChannel socket;
  private final FrameReader frames;
  private final Watchdog watchdog;
  private final GuestAgent agent;

  private FakeGuest(SocketChannel socket, Watchdog watchdog, GuestAgent agent) {
    this.socket = socket;
    this.watchdog = watchdog;
    this.frames = new FrameReader(socket);
    this.agent = agent;
  }

  static FakeGuest connected(Path dir) throws IOException {
    return connected(dir, Waits.USUAL);
  }

  /** With other deadlines. */
  static FakeGuest connected(Path dir, Waits waits) throws IOException {
    return connected(dir, waits, InstantSource.system());
  }

  /** With another wall clock. */
  static FakeGuest connected(Path dir, Waits waits, InstantSource wallClock) throws IOException {
    var address = UnixDomainSocketAddress.of(dir.resolve("guest.sock"));
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(address);
      var guestEnd = SocketChannel.open(address);
      var watchdog = new Watchdog();
      return new FakeGuest(
          guestEnd, watchdog, GuestAgent.over("test", server.accept(), watchdog, waits, wallClock));
    }
  }

  /** The host's end. */
  GuestAgent agent() {
    return agent;
  }

  /** The next frame that the host sent. */
  Frame received() throws IOException, ProtocolException {
    return frames.next();
  }

  void send(Frame frame) throws IOException {
    new FrameWriter(socket).write(frame);
  }

  void sendRaw(byte[] bytes) throws IOException {
    var buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      socket.write(buffer);
    }
  }

  void data(int stream, int channel, byte[] bytes) throws IOException {
    send(new Frame(FrameType.DATA, channel, stream, bytes));
  }

  void end(int stream, int channel) throws IOException {
    send(Frame.empty(FrameType.END, channel, stream));
  }

  /** Takes an EXEC and says that it started; gives its stream. */
  int startCommand() throws IOException, ProtocolException {
    var exec = received();
    send(Frame.of(FrameType.STARTED, exec.stream(), new PayloadWriter().u32(42).bytes()));
    return exec.stream();
  }

  void exited(int stream, int status) throws IOException {
    send(
        Frame.of(
            FrameType.EXITED,
            stream,
            new PayloadWriter()
                .u8(0)
                .u8(status)
                .u8(0)
                .u64(1_000)
                .u64(500)
                .u64(256)
                .u16(0)
                .bytes()));
  }

  /** Ends the connection, as a guest that dies does. */
  void hangUp() throws IOException {
    socket.close();
  }

  static FrameReader readerOf(byte[] bytes) {
    return new FrameReader(Channels.newChannel(new ByteArrayInputStream(bytes)));
  }

  @Override
  public void close() throws IOException {
    socket.close();
    agent.close();
    watchdog.close();
  }
}
