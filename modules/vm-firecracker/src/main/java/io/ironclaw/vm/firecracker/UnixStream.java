package io.ironclaw.vm.firecracker;

import io.ironclaw.api.HostException;
import io.ironclaw.api.VmStartException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;

/**
 * A connection to a socket of Firecracker's, with a deadline on all that waits. For one thread at a
 * time, but {@link #close}.
 */
final class UnixStream implements AutoCloseable {
  private static final long LOOK_AGAIN_NANOS = 300_000;
  private static final int BUFFER = 8_192;

  /** Where a socket is, which may not be known at once. */
  @FunctionalInterface
  interface Socket {
    Path path() throws HostException;
  }

  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).flip();
  private long end = System.nanoTime();
  private Duration limit = Duration.ZERO;

  private UnixStream(SocketChannel channel, Selector selector, SelectionKey key) {
    this.channel = channel;
    this.selector = selector;
    this.key = key;
  }

  /**
   * Connects as soon as somebody listens.
   *
   * @param user whom the other side must run as, by number
   * @param ended why nobody will listen any more; empty as long as somebody may
   */
  static UnixStream connect(
      Socket socket, long user, Supplier<Optional<String>> ended, Duration deadline)
      throws VmStartException {
    long end = System.nanoTime() + deadline.toNanos();
    while (true) {
      Optional<String> over = ended.get();
      try {
        return connect(socket.path(), user);
      } catch (IOException | HostException e) {
        if (over.isPresent()) {
          throw new VmStartException(over.get(), e);
        }
        if (System.nanoTime() > end) {
          throw new VmStartException(
              "Firecracker can't be reached within %d ms: %s"
                  .formatted(deadline.toMillis(), e.getMessage()),
              e);
        }
        if (Thread.currentThread().isInterrupted()) {
          throw new VmStartException("interrupted while starting Firecracker", e);
        }
        // The kernel tells nobody when a socket begins to listen.
        LockSupport.parkNanos(LOOK_AGAIN_NANOS);
      }
    }
  }

  private static UnixStream connect(Path socket, long user) throws IOException {
    var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    boolean done = false;
    try {
      // Else it waits for as long as nobody takes the connections that are there.
      channel.configureBlocking(false);
      if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
        throw new IOException("nobody takes connections to " + socket);
      }
      requireUser(channel, socket, user);
      var selector = Selector.open();
      done = true;
      return new UnixStream(channel, selector, channel.register(selector, SelectionKey.OP_READ));
    } finally {
      if (!done) {
        channel.close();
      }
    }
  }

  /** A link in its place would lead us, who may be root, to somebody else's socket. */
  private static void requireUser(SocketChannel channel, Path socket, long user)
      throws IOException {
    UnixDomainPrincipal peer = channel.getOption(ExtendedSocketOptions.SO_PEERCRED);
    var wanted =
        FileSystems.getDefault()
            .getUserPrincipalLookupService()
            .lookupPrincipalByName(Long.toString(user));
    if (!peer.user().equals(wanted)) {
      throw new IOException(
          "user " + peer.user() + " listens on " + socket + ", it should be " + wanted);
    }
  }

  /** Everything from now on must be done within so long. */
  void within(Duration deadline) {
    limit = deadline;
    end = System.nanoTime() + deadline.toNanos();
  }

  void write(byte[] bytes) throws IOException {
    var left = ByteBuffer.wrap(bytes);
    while (left.hasRemaining()) {
      if (channel.write(left) == 0) {
        await(SelectionKey.OP_WRITE);
      }
    }
  }

  /** What comes; its reads wait until the deadline. */
  InputStream in() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        return fill() ? Byte.toUnsignedInt(buffer.get()) : -1;
      }

      @Override
      public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
          return 0;
        }
        if (!fill()) {
          return -1;
        }
        int n = Math.min(length, buffer.remaining());
        buffer.get(into, offset, n);
        return n;
      }
    };
  }

  private boolean fill() throws IOException {
    while (!buffer.hasRemaining()) {
      buffer.clear();
      int n = channel.read(buffer);
      buffer.flip();
      if (n < 0) {
        return false;
      }
      if (n == 0) {
        await(SelectionKey.OP_READ);
      }
    }
    return true;
  }

  private void await(int what) throws IOException {
    long left = (end - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw new SocketTimeoutException("nothing came within " + limit.toMillis() + " ms");
    }
    key.interestOps(what);
    selector.select(left);
    selector.selectedKeys().clear();
    if (Thread.currentThread().isInterrupted()) {
      throw new IOException("interrupted");
    }
  }

  /**
   * The connection alone, blocking, for somebody who reads on; nothing may have been read ahead.
   */
  SocketChannel release() throws IOException {
    if (buffer.hasRemaining()) {
      throw new IOException("more came than was waited for");
    }
    selector.close();
    channel.configureBlocking(true);
    return channel;
  }

  @Override
  public void close() {
    try {
      selector.close();
      channel.close();
    } catch (IOException _) {
      // A socket that can't be closed is no use to anybody either.
    }
  }
}
