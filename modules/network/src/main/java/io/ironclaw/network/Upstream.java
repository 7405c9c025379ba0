package io.ironclaw.network;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IpBlock;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TextParseException;

/** The resolvers that this host asks (resolv.conf(5)), each with a question of our own making. */
final class Upstream {
  private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final int DNS = 53;

  private final List<InetSocketAddress> servers;

  private Upstream(List<InetSocketAddress> servers) {
    this.servers = List.copyOf(servers);
  }

  /**
   * The host's, or those of a list.
   *
   * @param named {@code ADDRESS[:PORT]} with commas between; empty = the host's
   */
  static Upstream of(Optional<String> named) throws HostException {
    if (named.isPresent()) {
      return new Upstream(
          List.of(named.get().split(",", -1)).stream().map(Upstream::server).toList());
    }
    try {
      return new Upstream(
          Files.readAllLines(RESOLV_CONF).stream()
              .map(line -> line.strip().split("\\s+", -1))
              .filter(words -> words.length > 1 && words[0].equals("nameserver"))
              .flatMap(words -> IpBlock.parse(words[1]).stream())
              .map(block -> new InetSocketAddress(block.address(), DNS))
              .toList());
    } catch (IOException _) {
      // No name resolves on this host either.
      return new Upstream(List.of());
    }
  }

  private static InetSocketAddress server(String text) {
    int colon = text.lastIndexOf(':');
    boolean port = colon > 0 && text.indexOf(':') == colon;
    var address = IpBlock.of(port ? text.substring(0, colon) : text).address();
    return new InetSocketAddress(address, port ? Integer.parseInt(text.substring(colon + 1)) : DNS);
  }

  /**
   * Asks for the records of a name.
   *
   * @param type as of {@code org.xbill.DNS.Type}
   * @throws IOException if none of them answers
   */
  Message ask(String name, int type) throws IOException {
    var question = question(name, type);
    var failure = new IOException("this host has no resolver to ask");
    for (var server : servers) {
      try {
        var resolver = new SimpleResolver(server);
        resolver.setTimeout(PATIENCE);
        return resolver.send(Message.newQuery(question));
      } catch (IOException e) {
        failure = e;
      }
    }
    throw failure;
  }

  private static Record question(String name, int type) {
    try {
      return Record.newRecord(Name.fromString(name + "."), type, DClass.IN);
    } catch (TextParseException e) {
      throw new IllegalArgumentException("no name of a host: " + name, e);
    }
  }
}
