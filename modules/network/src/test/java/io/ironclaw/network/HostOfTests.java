package io.ironclaw.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Network;
import io.ironclaw.host.HostTool;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * A host of a test's own: a namespace that forwards, with a way to 203.0.113.0/24. Nothing is made
 * in the namespace of the machine.
 */
final class HostOfTests implements AutoCloseable {
  private final NamespaceThread host;
  private final Tools tools;
  private final SlotNumbers numbers;
  private final Deque<Slot> open = new ArrayDeque<>();

  private HostOfTests(Path locks) throws IOException, HostException {
    host = NamespaceThread.start("test-host");
    tools = Tools.find(System.getenv("PATH")).in(host);
    numbers = new SlotNumbers(locks);
    set("ipv4/ip_forward", "1");
    tools.ip(
        List.of(
            "link set lo up",
            "link add way type veth peer name way-end",
            "addr add 203.0.113.1/24 dev way",
            "link set way up",
            "link set way-end up",
            "route add default via 203.0.113.254"));
  }

  /** Sets a value of its kernel. */
  void set(String name, String value) throws IOException, HostException {
    host.call(() -> Files.writeString(Path.of("/proc/sys/net").resolve(name), value));
  }

  static HostOfTests in(Path folder) throws IOException, HostException {
    boolean isAble =
        PrivateDir.isRoot()
            && HostTool.find("nft", System.getenv("PATH") + ":/usr/sbin").isPresent();
    assumeTrue(isAble, "networks: root and nft are needed");
    return new HostOfTests(folder);
  }

  Namespace namespace() {
    return host;
  }

  Tools tools() {
    return tools;
  }

  SlotNumbers numbers() {
    return numbers;
  }

  Slot slot(Network.Tap network) throws IOException, HostException {
    var slot = unkept(network);
    open.push(slot);
    return slot;
  }

  /** One that whoever asks for it closes. */
  Slot unkept(Network.Tap network) throws HostException {
    return Slot.make(
        host,
        tools,
        numbers,
        Upstream.of(Optional.of("127.0.0.1:1")),
        new HostWatch(host),
        network);
  }

  /** Runs a program in a namespace. */
  String run(Namespace namespace, String... command) throws IOException, InterruptedException {
    var whole = new java.util.ArrayList<>(namespace.entering(Path.of("/usr/bin/nsenter")));
    whole.addAll(List.of(command));
    return new String(
        new HostTool(whole, Path.of("/"), Duration.ofSeconds(20)).output(1 << 20),
        java.nio.charset.StandardCharsets.UTF_8);
  }

  /** What of ours is on it. */
  String listing() throws IOException, HostException {
    return tools.ruleset().toString() + tools.ipList("link", "show");
  }

  @Override
  public void close() throws IOException, HostException {
    open.forEach(Slot::close);
    assertThat(listing()).doesNotContain(Plan.LINK);
    host.close();
  }
}
