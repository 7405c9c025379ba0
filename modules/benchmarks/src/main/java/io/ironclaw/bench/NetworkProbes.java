package io.ironclaw.bench;

import io.ironclaw.api.EgressLimits;
import io.ironclaw.api.EgressRule;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Network;
import io.ironclaw.api.PublishedPort;
import io.ironclaw.host.HostTool;
import io.ironclaw.host.ffi.NetworkNamespace;
import io.ironclaw.network.Networks;
import io.ironclaw.network.Slot;
import io.ironclaw.sandbox.Settings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What a network device costs a clone, and what its rules cost what goes through it: against a web
 * server in a namespace, through the same tap with all rules flushed.
 */
final class NetworkProbes implements AutoCloseable {
  private static final String SERVER = "203.0.113.10";
  private static final String HERE = "203.0.113.1";
  private static final String LINK = "bench-out";
  private static final int PORT = 80;
  private static final int BYTES = 64 << 20;
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private static final Network.Tap NETWORK =
      Network.Tap.CLOSED.allowing(
          List.of(
              EgressRule.allowing("api.example.org"),
              EgressRule.allowing("10.1.2.0/24:5432"),
              EgressRule.allowing(SERVER + ":" + PORT)));

  /** A network with a published port is never made ahead: there is one port. */
  private static final Network.Tap ALONE =
      new Network.Tap(
          NETWORK.allow(),
          List.of(),
          List.of(PublishedPort.parse("48123:80")),
          EgressLimits.DEFAULT);

  private final Lab lab;
  private final ProofProbes clones;
  private final Networks networks;
  private final ExecutorService server =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
  private final ServerSocketChannel listener;

  private NetworkProbes(Lab lab, ProofProbes clones, Settings settings)
      throws IronClawException, IOException, InterruptedException {
    this.lab = lab;
    this.clones = clones;
    networks = Networks.ofThisHost(settings.searchPath(), settings.resolvers(), 0);
    Path namespace = there(NetworkNamespace::unshare);
    tool("ip", "link", "add", LINK, "type", "veth", "peer", "name", "in", "netns", "" + namespace);
    tool("ip", "addr", "add", HERE + "/24", "dev", LINK);
    tool("ip", "link", "set", LINK, "up");
    for (var words :
        List.of(
            "ip addr add " + SERVER + "/24 dev in",
            "ip link set in up",
            "ip route add default via " + HERE)) {
      inside(namespace.toString(), words.split(" ", -1));
    }
    listener = there(ServerSocketChannel::open);
    listener.bind(new InetSocketAddress(SERVER, PORT));
    var _ = Thread.ofPlatform().daemon().name("bench-server").start(this::serve);
  }

  /** Empty, and said why, where a VM can have no network. */
  static Optional<NetworkProbes> of(Lab lab, ProofProbes clones, Settings settings, Results results)
      throws IronClawException, IOException, InterruptedException {
    try {
      lab.newNetworkClone(NETWORK).close();
    } catch (HostException e) {
      for (var key : List.of("clone_network_ms", "clone_network_alone_ms", "network_mb_s")) {
        results.skip(key, e.getMessage());
      }
      return Optional.empty();
    }
    return Optional.of(new NetworkProbes(lab, clones, settings));
  }

  private <T> T there(Callable<T> what) throws IOException, InterruptedException {
    try {
      return server.submit(what).get();
    } catch (ExecutionException e) {
      throw new IOException("the web server's namespace: " + e.getCause(), e);
    }
  }

  private static void tool(String... command) throws IOException, InterruptedException {
    new HostTool(List.of(command), Path.of("/"), LIMIT).output(1 << 16);
  }

  private static void inside(String namespace, String... command)
      throws IOException, InterruptedException {
    var whole = new java.util.ArrayList<>(List.of("nsenter", "--net=" + namespace, "--"));
    whole.addAll(List.of(command));
    tool(whole.toArray(String[]::new));
  }

  /** The same content for whoever connects. */
  private void serve() {
    var chunk = ByteBuffer.allocateDirect(1 << 20);
    var head =
        ("HTTP/1.0 200 OK\r\nContent-Length: " + BYTES + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    while (listener.isOpen()) {
      try (var client = listener.accept()) {
        send(client, ByteBuffer.wrap(head));
        for (int sent = 0; sent < BYTES; sent += chunk.capacity()) {
          send(client, chunk.clear());
        }
        client.shutdownOutput();
        int _ = client.read(chunk.clear());
      } catch (IOException _) {
        // It hung up, or the measurement is over.
      }
    }
  }

  private static void send(SocketChannel to, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      int _ = to.write(bytes);
    }
  }

  void pooled(Results results) throws IronClawException, IOException, InterruptedException {
    cloned(NETWORK, "clone_network", results);
    // What is made ahead for the next one is none of this one's time, nor of the next probe's.
    Thread.sleep(Duration.ofMillis(150));
  }

  void alone(Results results) throws IronClawException, IOException, InterruptedException {
    cloned(ALONE, "clone_network_alone", results);
  }

  private void cloned(Network.Tap network, String key, Results results)
      throws IronClawException, IOException, InterruptedException {
    long start = System.nanoTime();
    try (var sandbox = lab.newNetworkClone(network)) {
      Lab.run(sandbox, CloneProbes.COMMAND);
      results.add(key + "_ms", Lab.millisSince(start));
      for (var phase : sandbox.spawn().phases()) {
        results.add(key + "_phase_" + phase.name() + "_ms", phase.took().toNanos() / 1e6);
      }
      results.add(key + "_proof_ms", sandbox.handOutProof().took().toNanos() / 1e6);
    }
  }

  /** A download through the rules, and one by the same VM when there are none. */
  void throughput(Results results) throws IronClawException, IOException, InterruptedException {
    try (var slot = networks.make(NETWORK);
        var machine = clones.withNetwork(NETWORK, slot).machine()) {
      var _ = clones.run(machine, "curl", "-s", "-o", "/dev/null", "http://" + SERVER);
      results.add("network_mb_s", download(clones, machine));
      flush(slot);
      results.add("network_floor_mb_s", download(clones, machine));
    }
  }

  private static double download(ProofProbes clones, io.ironclaw.vm.Machine machine)
      throws IronClawException, IOException, InterruptedException {
    var said =
        clones.run(
            machine,
            "curl",
            "-s",
            "-o",
            "/dev/null",
            "-w",
            "%{speed_download}",
            "http://" + SERVER);
    return Double.parseDouble(said) / 1e6;
  }

  private static void flush(Slot slot) throws IronClawException, IOException, InterruptedException {
    var report = slot.report();
    inside(report.namespace(), "nft", "flush", "ruleset");
    // On the host the slot's tables alone: they have its number, and it has eight addresses.
    var octets = report.address().split("\\.", -1);
    int offset = 0;
    for (int i = 2; i < octets.length; i++) {
      offset = offset << 8 | Integer.parseInt(octets[i]);
    }
    int number = (offset | (Integer.parseInt(octets[1]) - 18) << 16) >> 3;
    for (var family : List.of("inet", "netdev")) {
      tool("nft", "delete", "table", family, "ironclaw_" + number);
    }
  }

  @Override
  public void close() throws IOException {
    networks.close();
    listener.close();
    try {
      tool("ip", "link", "del", LINK);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    server.close();
  }
}
