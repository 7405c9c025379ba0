package io.ironclaw.network;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IpBlock;
import io.ironclaw.api.PublishedPort;
import io.ironclaw.host.IoThread;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * Ports of the host that lead to ports of a guest. Each connection ends here and another one is
 * made inside the guest's namespace, so that no packet of the guest's goes to the host for it.
 */
final class PublishedPorts implements AutoCloseable {
  private static final int CONNECTIONS = 64;
  private static final int COPY_BYTES = 65_536;
  private static final int BACKLOG = 64;

  private final Namespace inside;
  private final IpBlock guest;
  private final List<ServerSocketChannel> listeners = new ArrayList<>();
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
  private final Semaphore connections = new Semaphore(CONNECTIONS);

  private PublishedPorts(Namespace inside, IpBlock guest) {
    this.inside = inside;
    this.guest = guest;
  }

  /**
   * Listens on all of them.
   *
   * @throws HostException if a port can't be had
   */
  static PublishedPorts open(
      Namespace host, Namespace inside, IpBlock guest, List<PublishedPort> ports)
      throws HostException {
    var published = new PublishedPorts(inside, guest);
    boolean done = false;
    try {
      for (var port : ports) {
        published.listen(host, port);
      }
      done = true;
      return published;
    } finally {
      if (!done) {
        published.close();
      }
    }
  }

  private void listen(Namespace host, PublishedPort port) throws HostException {
    try {
      var listener = host.call(ServerSocketChannel::open);
      listeners.add(listener);
      listener.bind(new InetSocketAddress(port.bind().address(), port.hostPort()), BACKLOG);
      var _ = IoThread.start("publish-" + port.hostPort(), () -> accept(listener, port));
    } catch (IOException e) {
      throw new HostException(
          "port %d of %s can't be published: %s; choose another (--publish)"
              .formatted(port.hostPort(), port.bind(), PrivateDir.reason(e)),
          e);
    }
  }

  private void accept(ServerSocketChannel listener, PublishedPort port) {
    while (listener.isOpen()) {
      try {
        var outer = listener.accept();
        if (connections.tryAcquire()) {
          var _ = Thread.ofVirtual().name("published").start(() -> join(outer, port));
        } else {
          outer.close();
        }
      } catch (ClosedChannelException _) {
        return;
      } catch (IOException _) {
        // A connection that was gone before it was taken.
      }
    }
  }

  private void join(SocketChannel outer, PublishedPort port) {
    open.add(outer);
    try (outer) {
      // Made there, and at home there for good.
      var inner = inside.call(SocketChannel::open);
      open.add(inner);
      try (inner) {
        inner.connect(new InetSocketAddress(guest.address(), port.guestPort()));
        var back = Thread.ofVirtual().name("published-back").start(() -> copy(inner, outer));
        copy(outer, inner);
        back.join();
      } finally {
        open.remove(inner);
      }
    } catch (IOException | HostException _) {
      // The guest does not listen, or the network is gone: whoever connected is hung up on.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(outer);
      connections.release();
    }
  }

  /** Until one side has said all; then the other side is told. */
  private static void copy(SocketChannel from, SocketChannel to) {
    var buffer = ByteBuffer.allocate(COPY_BYTES);
    try {
      while (from.read(buffer.clear()) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          int _ = to.write(buffer);
        }
      }
      to.shutdownOutput();
    } catch (IOException _) {
      close(from);
      close(to);
    }
  }

  private static void close(AutoCloseable channel) {
    try {
      channel.close();
    } catch (Exception _) {
      // AutoCloseable declares it: it is closed all the same.
    }
  }

  @Override
  public void close() {
    listeners.forEach(PublishedPorts::close);
    open.forEach(PublishedPorts::close);
  }
}
