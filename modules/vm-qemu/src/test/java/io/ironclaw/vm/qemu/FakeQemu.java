package io.ironclaw.vm.qemu;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** QEMU's end of a real QMP socket, played by a test: it can say anything. */
final class FakeQemu implements AutoCloseable {
  static final String GREETING =
      "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}},"
          + " \"capabilities\": [\"oob\"]}}\n";
  static final String OK = "{\"return\": {}}\n";

  private final SocketChannel socket;
  private final SocketChannel hostEnd;
  private final Qmp qmp;
  private final BufferedReader commands;

  private FakeQemu(SocketChannel socket, SocketChannel hostEnd) {
    this.socket = socket;
    this.hostEnd = hostEnd;
    this.qmp = new Qmp(hostEnd);
    this.commands = new BufferedReader(Channels.newReader(socket, StandardCharsets.UTF_8));
  }

  static FakeQemu connected(Path dir) throws IOException {
    Path file = dir.resolve("qmp.sock");
    var address = UnixDomainSocketAddress.of(file);
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(address);
      var socket = SocketChannel.open(address);
      return new FakeQemu(socket, server.accept());
    } finally {
      Files.deleteIfExists(file);
    }
  }

  Qmp qmp() {
    return qmp;
  }

  /** The next command that the host sent. */
  String received() throws IOException {
    return String.valueOf(commands.readLine());
  }

  void say(String text) throws IOException {
    say(text.getBytes(StandardCharsets.UTF_8));
  }

  void say(byte[] bytes) throws IOException {
    var buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      socket.write(buffer);
    }
  }

  /** Hangs up, and waits until the host has taken in everything that was said. */
  void hangUp() throws IOException {
    socket.close();
    while (hostEnd.isOpen()) {
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
    qmp.close();
  }
}
