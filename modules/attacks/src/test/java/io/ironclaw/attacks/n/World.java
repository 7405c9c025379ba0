package io.ironclaw.attacks.n;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ironclaw.host.HostTool;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A host, which is the namespace that this process was started in and nobody else is, and an
 * internet of namespaces: web servers, a resolver that notes what it is asked, what must never be
 * reached. Whatever arrives there is counted by its kernel.
 */
final class World implements AutoCloseable {
  static final String HOST = "203.0.113.1";
  static final String WEB = "203.0.113.10";
  static final String OTHER = "203.0.113.11";
  static final String RESOLVER = "203.0.113.53";
  static final String FAR = "198.51.100.20";
  static final String WEB_6 = "2001:db8:1::10";
  static final String METADATA = "169.254.169.254";
  static final String PRIVATE = "10.9.9.9";

  private static final List<String> OTHERS =
      List.of(METADATA, PRIVATE, "100.64.0.1", "192.168.7.7", "172.16.5.5", FAR, "8.8.8.8");

  private static final List<Integer> PORTS = List.of(22, 25, 80, 443, 5432, 8080);

  private final InNamespace internet = new InNamespace();
  private final List<AutoCloseable> open = new ArrayList<>();
  final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
  private final Map<String, AtomicInteger> times = new ConcurrentHashMap<>();

  private World() throws Exception {
    ip(
        """
        link set lo up
        link add out type veth peer name in netns %s
        addr add %s/24 dev out
        addr add 2001:db8:1::1/64 dev out nodad
        link set out up
        route add default via %s
        route add ::/0 via %s dev out
        """
            .formatted(internet.path(), HOST, WEB, WEB_6));
    var inside = new StringBuilder("link set lo up\n");
    for (var address : List.of(WEB, OTHER, RESOLVER)) {
      inside.append("addr add ").append(address).append("/24 dev in\n");
    }
    for (var address : OTHERS) {
      inside.append("addr add ").append(address).append("/32 dev lo\n");
    }
    inside.append("addr add ").append(WEB_6).append("/64 dev in nodad\n");
    inside.append("addr add fd00:ec2::254/128 dev lo nodad\nlink set in up\n");
    // Where packets of guests go that nobody has given another sender.
    inside.append("route add default via ").append(HOST).append('\n');
    enter(inside.toString(), "ip", "-batch", "-");
    enter(
        """
        table inet seen {
          set arrived {
            type ipv4_addr . inet_proto
            size 65535
            flags dynamic
          }
          set arrived6 {
            type ipv6_addr . inet_proto
            size 65535
            flags dynamic
          }
          chain in {
            type filter hook prerouting priority -400
            iifname "in" meta nfproto ipv4 add @arrived { ip daddr . meta l4proto }
            iifname "in" meta nfproto ipv6 meta l4proto != 58 add @arrived6 { ip6 daddr . meta l4proto }
          }
        }
        """,
        "nft",
        "-f",
        "-");
    Files.writeString(Path.of("/proc/sys/net/ipv4/ip_forward"), "1");
    Files.writeString(Path.of("/proc/sys/net/ipv6/conf/all/forwarding"), "1");
    for (int port : PORTS) {
      web(internet.call(ServerSocketChannel::open), port);
    }
    web(ServerSocketChannel.open(), 9_090);
    echo(9_999);
    resolver();
  }

  /**
   * Makes it, in the namespace of this process.
   *
   * <p>Only where that was made for it: scripts/check.d/75-network.sh does.
   */
  static World make() throws Exception {
    assumeTrue(
        System.getenv("IRONCLAW_TEST_WORLD") != null,
        "networks: a namespace of its own for the tests, and root");
    return new World();
  }

  private static void ip(String lines) throws Exception {
    run(lines, "ip", "-batch", "-");
  }

  private void enter(String input, String... command) throws Exception {
    var whole = new ArrayList<>(List.of("nsenter", "--net=" + internet.path(), "--"));
    whole.addAll(List.of(command));
    run(input, whole.toArray(String[]::new));
  }

  static String run(String input, String... command) throws IOException, InterruptedException {
    return new String(
        new HostTool(List.of(command), Path.of("/"), Duration.ofSeconds(20))
            .output(
                stdin -> {
                  stdin.write(input.getBytes(StandardCharsets.UTF_8));
                  stdin.close();
                },
                1 << 20),
        StandardCharsets.UTF_8);
  }

  /** Which addresses packets have arrived at, with their protocols. */
  String arrived() throws Exception {
    var nsenter = List.of("nsenter", "--net=" + internet.path(), "--", "nft", "list", "table");
    var command = new ArrayList<>(nsenter);
    command.addAll(List.of("inet", "seen"));
    return run("", command.toArray(String[]::new))
        .replaceAll("chain in \\{[^}]*(\\{[^}]*\\}[^}]*)*\\}", "");
  }

  private void web(ServerSocketChannel server, int port) throws IOException {
    server.bind(new InetSocketAddress(port), 64);
    open.add(server);
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          while (server.isOpen()) {
            try (var connection = server.accept()) {
              connection.socket().setSoTimeout(500);
              var body =
                  "hello from " + connection.socket().getLocalAddress().getHostAddress() + "\n";
              var head = "HTTP/1.0 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n";
              connection.write(ByteBuffer.wrap((head + body).getBytes(StandardCharsets.US_ASCII)));
              connection.shutdownOutput();
              int _ = connection.socket().getInputStream().read();
            } catch (IOException _) {
              // Gone before it was served, or the world ends.
            }
          }
        });
  }

  private void echo(int port) throws Exception {
    var channel = internet.call(DatagramChannel::open);
    channel.bind(new InetSocketAddress(port));
    open.add(channel);
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          var buffer = ByteBuffer.allocate(2_000);
          while (channel.isOpen()) {
            try {
              var from = channel.receive(buffer.clear());
              int _ = channel.send(buffer.flip(), from);
            } catch (IOException _) {
              // The world ends.
            }
          }
        });
  }

  /** What names lead to; the second time, and later, what is written second. */
  private static List<String> addresses(String name) {
    return switch (name) {
      case "allowed.test", "www.wild.test" -> List.of(OTHER);
      case "rebind.test" -> List.of(OTHER, "127.0.0.1");
      case "meta.test" -> List.of(METADATA);
      case "inner.test" -> List.of(PRIVATE);
      case "other.test" -> List.of(FAR);
      default -> List.of();
    };
  }

  private void resolver() throws Exception {
    var channel = internet.call(DatagramChannel::open);
    channel.bind(new InetSocketAddress(InetAddress.ofLiteral(RESOLVER), 53));
    open.add(channel);
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          var buffer = ByteBuffer.allocate(2_000);
          while (channel.isOpen()) {
            try {
              var from = channel.receive(buffer.clear());
              int _ = channel.send(answer(buffer.flip()), from);
            } catch (IOException _) {
              // The world ends.
            }
          }
        });
  }

  private ByteBuffer answer(ByteBuffer question) {
    question.position(12);
    var labels = new ArrayList<String>();
    for (int length = question.get(); length > 0; length = question.get()) {
      var label = new byte[length];
      question.get(label);
      labels.add(new String(label, StandardCharsets.US_ASCII));
    }
    var name = String.join(".", labels);
    int type = question.getShort();
    int end = question.position() + 2;
    asked.add(name + " " + type);
    var addresses = addresses(name);
    int time = times.computeIfAbsent(name, _ -> new AtomicInteger()).getAndIncrement();
    boolean found = !addresses.isEmpty() && type == 1;
    var out = ByteBuffer.allocate(600);
    out.putShort(question.getShort(0));
    out.putShort((short) (addresses.isEmpty() ? 0x8583 : 0x8580));
    out.putShort((short) 1).putShort((short) (found ? 1 : 0)).putInt(0);
    out.put(question.slice(12, end - 12));
    if (found) {
      out.putShort((short) 0xc00c).putShort((short) 1).putShort((short) 1).putInt(0);
      var address = InetAddress.ofLiteral(addresses.get(Math.min(time, addresses.size() - 1)));
      out.putShort((short) 4).put(address.getAddress());
    }
    return out.flip();
  }

  @Override
  public void close() throws Exception {
    for (var each : open) {
      each.close();
    }
    run("", "ip", "link", "del", "out");
    internet.close();
  }
}
