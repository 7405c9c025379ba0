package io.ironclaw.vm.qemu;

import io.ironclaw.api.VmStartException;
import io.ironclaw.host.IoThread;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A socket that waits for QEMU to connect, once. For one thread, but {@link #giveUp}. */
final class Listener implements AutoCloseable {
  private final Path socket;
  private final ServerSocketChannel server;
  private final CompletableFuture<SocketChannel> connection = new CompletableFuture<>();
  private boolean taken;

  private Listener(Path socket, ServerSocketChannel server) {
    this.socket = socket;
    this.server = server;
  }

  /**
   * Listens.
   *
   * @param socket in a folder that nobody else can reach: whoever can, as the user that a jailed
   *     QEMU is, may connect
   */
  static Listener on(Path socket) throws IOException {
    var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(socket), 1);
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
    } catch (IOException e) {
      server.close();
      throw e;
    }
    var listener = new Listener(socket, server);
    IoThread.start("listen-" + socket.getFileName(), listener::accept);
    return listener;
  }

  private void accept() {
    try {
      var channel = server.accept();
      if (!connection.complete(channel)) {
        channel.close();
      }
    } catch (IOException e) {
      connection.completeExceptionally(e);
    }
  }

  /** Nobody will connect any more; whoever waits is told why. */
  void giveUp(String why) {
    connection.completeExceptionally(new IOException(why));
  }

  SocketChannel connected(Duration deadline) throws VmStartException, InterruptedException {
    try {
      var channel = connection.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
      taken = true;
      return channel;
    } catch (TimeoutException _) {
      throw new VmStartException(
          "QEMU did not connect to " + socket + " within " + deadline.toMillis() + " ms");
    } catch (ExecutionException e) {
      throw new VmStartException(
          e.getCause() instanceof IOException reason ? PrivateDir.reason(reason) : e.toString(), e);
    }
  }

  /** Stops listening and removes the socket: who was asked for stays connected, nobody else can. */
  @Override
  public void close() throws IOException {
    server.close();
    giveUp("nobody listens any more");
    if (!taken && !connection.isCompletedExceptionally()) {
      connection.join().close();
    }
    Files.deleteIfExists(socket);
  }
}
