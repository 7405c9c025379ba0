package io.ironclaw.network;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The links of a slot with their addresses, neighbours and routes, and what the kernel is told of
 * them; each table is there before its link is up. Everything is known for good, so that nobody is
 * asked for a hardware address.
 */
final class Wiring {
  private static final Path SYSCTL = Path.of("/proc/sys/net");

  private final Namespace host;
  private final Namespace inside;
  private final Tools tools;
  private final Tools insideTools;
  private final Plan plan;
  private final boolean ipv6;

  /**
   * @param tools those of {@code host}
   */
  Wiring(Namespace host, Namespace inside, Tools tools, Plan plan, boolean ipv6) {
    this.host = host;
    this.inside = inside;
    this.tools = tools;
    this.plan = plan;
    this.ipv6 = ipv6;
    insideTools = tools.in(inside);
  }

  /**
   * Makes them.
   *
   * @throws HostException if this host does not forward, with what to do
   */
  void make(List<Table> tables, List<Table> hostTables) throws IOException, HostException {
    requireForwarding("ipv4/ip_forward", "net.ipv4.ip_forward");
    if (ipv6) {
      requireForwarding("ipv6/conf/all/forwarding", "net.ipv6.conf.all.forwarding");
    }
    // What a killed owner of this number has left would be in the way; tables are replaced.
    boolean left =
        host.call(() -> Optional.ofNullable(NetworkInterface.getByName(plan.link()))).isPresent();
    if (left) {
      Leftovers.clear(tools, plan);
    }
    inside(tables);
    outside(hostTables);
  }

  private void outside(List<Table> tables) throws IOException, HostException {
    var lines = new ArrayList<String>();
    lines.add("link set " + plan.link() + " up");
    lines.add("addr add " + plan.outer() + "/31 dev " + plan.link());
    lines.add(neighbour(plan.inner().toString(), Plan.INNER_MAC, plan.link()));
    write(host, "ipv6/conf/" + plan.link() + "/disable_ipv6", ipv6 ? "0" : "1");
    write(host, "ipv6/conf/" + plan.link() + "/accept_ra", "0");
    if (ipv6) {
      lines.add("addr add " + plan.outer6() + "/127 dev " + plan.link() + " nodad");
      lines.add(neighbour(plan.inner6().toString(), Plan.INNER_MAC, plan.link()));
    }
    tools.load(tables);
    tools.ip(lines);
  }

  private void inside(List<Table> tables) throws IOException, HostException {
    insideTools.ip(
        List.of(
            "tuntap add dev " + Plan.TAP + " mode tap",
            "link set " + Plan.TAP + " address " + Plan.GATEWAY_MAC,
            "link add %s address %s type veth peer name %s address %s netns %s"
                .formatted(Plan.UPLINK, Plan.INNER_MAC, plan.link(), Plan.OUTER_MAC, host.path())));
    insideTools.load(tables);
    write(inside, "ipv4/ip_forward", "1");
    write(inside, "ipv4/conf/all/rp_filter", "1");
    write(inside, "ipv4/conf/all/accept_redirects", "0");
    write(inside, "ipv4/conf/all/send_redirects", "0");
    write(inside, "ipv4/conf/" + Plan.TAP + "/send_redirects", "0");
    write(inside, "ipv6/conf/all/disable_ipv6", ipv6 ? "0" : "1");
    write(inside, "ipv6/conf/all/accept_ra", "0");
    var lines = new ArrayList<String>();
    lines.add("addr add " + Plan.GATEWAY + "/30 dev " + Plan.TAP);
    lines.add("addr add " + plan.inner() + "/31 dev " + Plan.UPLINK);
    lines.add("link set " + Plan.TAP + " up");
    lines.add("link set " + Plan.UPLINK + " up");
    lines.add(neighbour(Plan.GUEST.toString(), Plan.GUEST_MAC, Plan.TAP));
    lines.add(neighbour(plan.outer().toString(), Plan.OUTER_MAC, Plan.UPLINK));
    lines.add("route add default via " + plan.outer());
    if (ipv6) {
      write(inside, "ipv6/conf/all/forwarding", "1");
      lines.add("addr add " + Plan.GATEWAY_6 + "/64 dev " + Plan.TAP + " nodad");
      lines.add("addr add " + plan.inner6() + "/127 dev " + Plan.UPLINK + " nodad");
      lines.add(neighbour(Plan.GUEST_6.toString(), Plan.GUEST_MAC, Plan.TAP));
      lines.add(neighbour(plan.outer6().toString(), Plan.OUTER_MAC, Plan.UPLINK));
      lines.add("route add ::/0 via " + plan.outer6() + " dev " + Plan.UPLINK);
    }
    insideTools.ip(lines);
  }

  private static String neighbour(String address, String mac, String link) {
    return "neigh replace %s lladdr %s nud permanent dev %s".formatted(address, mac, link);
  }

  /** Of a namespace (proc(5): a file there is that of whoever opens it). */
  private static void write(Namespace namespace, String name, String value)
      throws IOException, HostException {
    Path file = SYSCTL.resolve(name);
    namespace.call(
        Tools.task(() -> {
          if (Files.exists(file)) {
            Files.writeString(file, value);
          } else if (!name.startsWith("ipv6")) {
            throw new IOException("this kernel has no " + file);
          }
        }));
  }

  private void requireForwarding(String file, String name) throws IOException, HostException {
    if (!host.call(() -> Files.readString(SYSCTL.resolve(file))).strip().equals("1")) {
      throw new HostException(
          "no network: this host does not forward packets, so a VM's could go nowhere; run: sysctl"
              + " -w "
              + name
              + "=1 (and note it in /etc/sysctl.d for the next boot), or choose no network"
              + " (--network none)");
    }
  }
}
