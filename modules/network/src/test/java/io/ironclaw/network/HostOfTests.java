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
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;

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
    tools = Tools.find(System.getenv("PATH"));
    numbers = new SlotNumbers(locks);
    host.call(
        Tools.task(() -> {
          Files.writeString(Path.of("/proc/sys/net/ipv4/ip_forward"), "1");
          tools.ip(
              List.of(
                  "link set lo up",
                  "link add way type veth peer name way-end",
                  "addr add 203.0.113.1/24 dev way",
                  "link set way up",
                  "link set way-end up",
                  "route add default via 203.0.113.254"));
        }));
  }

  static HostOfTests in(Path folder) throws IOException, HostException {
    boolean isAble =
        PrivateDir.isRoot()
            && HostTool.find("nft", System.getenv("PATH") + ":/usr/sbin").isPresent();
    assumeTrue(isAble, "networks: root and nft are needed");
    return new HostOfTests(folder);
  }

  <T> T call(Callable<T> what) throws IOException, HostException {
    return host.call(what);
  }

  Tools tools() {
    return tools;
  }

  SlotNumbers numbers() {
    return numbers;
  }

  Slot slot(Network.Tap network) throws IOException, HostException {
    var slot = call(() -> Slot.make(tools, numbers, network));
    open.push(slot);
    return slot;
  }

  /** What of ours is on it. */
  String listing() throws IOException, HostException {
    return call(() -> tools.ruleset().toString() + tools.ipList("link", "show"));
  }

  @Override
  public void close() throws IOException, HostException {
    for (var slot : open) {
      call(
          Tools.task(() -> {
            slot.close();
          }));
    }
    assertThat(listing()).doesNotContain(Plan.LINK);
    host.close();
  }
}
