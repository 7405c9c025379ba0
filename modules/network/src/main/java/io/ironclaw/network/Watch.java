package io.ironclaw.network;

import io.ironclaw.api.HostException;
import io.ironclaw.host.IoThread;
import io.ironclaw.host.ffi.Netlink;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Hears of every change of links, addresses, routes and rules of a namespace, and has somebody look
 * at them again: what the kernel tells is taken for no more than that something has changed.
 */
final class Watch implements AutoCloseable {
  private final List<Netlink> sockets = new ArrayList<>();

  private Watch() {}

  /**
   * Begins to watch.
   *
   * @param changed called after each change, by one thread for each of two sources, with what the
   *     kernel told; empty = more than could be kept
   */
  static Watch over(Namespace namespace, Consumer<Optional<byte[]>> changed) throws HostException {
    var watch = new Watch();
    boolean done = false;
    try {
      watch.add(namespace, Netlink.ROUTE, Netlink.LINKS, changed);
      watch.add(namespace, Netlink.NETFILTER, Netlink.RULES, changed);
      done = true;
      return watch;
    } catch (IOException e) {
      throw new HostException("a network can't be watched: " + e.getMessage(), e);
    } finally {
      if (!done) {
        watch.close();
      }
    }
  }

  private void add(
      Namespace namespace, int protocol, int groups, Consumer<Optional<byte[]>> changed)
      throws IOException, HostException {
    var socket = namespace.call(() -> Netlink.open(protocol, groups));
    sockets.add(socket);
    var _ = IoThread.start("network-watch", () -> read(socket, changed));
  }

  private static void read(Netlink socket, Consumer<Optional<byte[]>> changed) {
    while (true) {
      var told = Optional.<byte[]>empty();
      try {
        byte[] datagram = socket.next();
        if (datagram.length == 0) {
          return;
        }
        told = Optional.of(datagram);
      } catch (IOException _) {
        // More has changed than the socket holds.
      }
      changed.accept(told);
    }
  }

  @Override
  public void close() {
    sockets.forEach(Netlink::close);
  }
}
