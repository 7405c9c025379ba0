package io.ironclaw.network;

import io.ironclaw.api.EgressRule;
import io.ironclaw.api.EgressRule.Protocol;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IpBlock.Family;
import io.ironclaw.api.NetworkDenial;
import io.ironclaw.api.Printable;
import io.ironclaw.host.IoThread;
import io.ironclaw.host.ffi.Netlink;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What was denied to a guest, newest last: each destination once, with how often. Of packets the
 * kernel tells so many in a second, so the numbers are the least that there were; the firewall's
 * counters are exact. Safe for many threads.
 */
final class Denials implements AutoCloseable {
  private static final int KEPT = 64;

  private final Map<String, NetworkDenial> known = new LinkedHashMap<>();
  private Optional<Consumer<NetworkDenial>> told = Optional.empty();
  private Optional<Netlink> log = Optional.empty();

  /**
   * Begins to listen to what the firewall logs.
   *
   * @param toldOf each destination when it is denied the first time
   */
  synchronized void begin(Namespace inside, Consumer<NetworkDenial> toldOf) throws HostException {
    told = Optional.of(toldOf);
    try {
      var socket = inside.call(() -> Netlink.open(Netlink.NETFILTER, 0));
      log = Optional.of(socket);
      socket.send(DeniedPacket.listening(Firewall.LOG_GROUP, Firewall.LOG_BYTES));
      var _ = IoThread.start("network-denials", () -> read(socket));
    } catch (IOException e) {
      throw new HostException("nobody could hear of what is denied: " + e.getMessage(), e);
    }
  }

  private void read(Netlink socket) {
    while (true) {
      try {
        byte[] datagram = socket.next();
        if (datagram.length == 0) {
          return;
        }
        DeniedPacket.of(datagram).forEach(this::packet);
      } catch (IOException _) {
        // More was denied than the socket holds; what is counted is counted.
      }
    }
  }

  private void packet(DeniedPacket packet) {
    String address =
        packet.to().family() == Family.IPV6 ? "[" + packet.to() + "]" : packet.to().toString();
    boolean isOurs = Plan.RANGE.contains(packet.to());
    var rule =
        switch (isOurs ? Protocol.ANY : packet.protocol()) {
          case TCP -> Optional.of(address + ":" + packet.port());
          case UDP -> Optional.of(address + ":" + packet.port() + "/udp");
          case ICMP -> Optional.of(address + "/icmp");
          case ANY -> Optional.<String>empty();
        };
    String what =
        packet.protocol() == Protocol.ANY
            ? "another protocol than tcp, udp and icmp to " + address
            : packet.protocol().text()
                + " to "
                + address
                + (packet.port() > 0 ? ":" + packet.port() : "");
    denied(what, rule);
  }

  /** A name that no rule allows was asked for. */
  void name(String name) {
    denied(
        "the name " + Printable.line(name),
        EgressRule.isHostName(name) ? Optional.of(name + ":443") : Optional.empty());
  }

  private void denied(String what, Optional<String> rule) {
    Optional<Consumer<NetworkDenial>> toBeTold;
    NetworkDenial denial;
    synchronized (this) {
      var before = Optional.ofNullable(known.remove(what));
      denial =
          new NetworkDenial(
              what, rule, before.map(NetworkDenial::times).orElse(0L) + 1, Instant.now());
      if (known.size() >= KEPT) {
        known.remove(known.keySet().iterator().next());
      }
      known.put(what, denial);
      toBeTold = before.isEmpty() ? told : Optional.empty();
    }
    toBeTold.ifPresent(consumer -> consumer.accept(denial));
  }

  /** Newest first. */
  synchronized List<NetworkDenial> newest() {
    return new ArrayList<>(known.values()).reversed();
  }

  @Override
  public synchronized void close() {
    told = Optional.empty();
    log.ifPresent(Netlink::close);
  }
}
