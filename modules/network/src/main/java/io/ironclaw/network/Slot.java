package io.ironclaw.network;

import io.ironclaw.api.GuestException;
import io.ironclaw.api.HostException;
import io.ironclaw.api.Network;
import io.ironclaw.api.NetworkDenial;
import io.ironclaw.api.NetworkReport;
import io.ironclaw.api.ProofItem;
import io.ironclaw.guest.GuestAgent;
import io.ironclaw.guest.GuestNetwork;
import io.ironclaw.host.IoThread;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.Reading;
import io.ironclaw.jail.Readings;
import io.ironclaw.vm.MachineNetwork;
import io.ironclaw.vm.Nic;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/**
 * A network for one machine: a namespace with the tap of its device and a link to the host, and the
 * rules of both. Made ahead of the machine, for what it will be allowed; gone when it is closed,
 * and but for its tables on the host, which {@link Leftovers} clears, also when this process is
 * killed. Safe for many threads.
 */
public final class Slot implements MachineNetwork, AutoCloseable {
  private static final int MTU = 1_500;

  /** All that are in the namespace, with what they are. */
  private static final Map<String, String> LINKS =
      Map.of("lo", "", Plan.TAP, "tap", Plan.UPLINK, "veth");

  private static final Path DEVICES = Path.of("/proc/thread-self/net/dev");
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int TOKEN_BYTES = 24;
  private static final Path SYSCTL = Path.of("/proc/sys/net");

  private final Namespace host;
  private final Tools tools;
  private final Tools insideTools;
  private final SlotNumbers.Taken number;
  private final NamespaceThread inside;
  private final Plan plan;
  private final Network.Tap network;
  private final List<Table> tables;
  private final List<Table> hostTables;
  private final Upstream upstream;
  private final Learnt learnt;
  private Optional<Resolver> resolver = Optional.empty();
  private Optional<PublishedPorts> published = Optional.empty();
  private final Denials denials = new Denials();
  private final HostWatch hostWatch;
  private Optional<Watch> watch = Optional.empty();

  /** What the counters inside said before anything was sent; for the first probe. */
  private Optional<Map<String, Long>> counters = Optional.empty();

  private String trial = "";
  private final AtomicBoolean closed = new AtomicBoolean();

  private Slot(
      Namespace host,
      Tools tools,
      SlotNumbers.Taken number,
      NamespaceThread inside,
      Upstream upstream,
      HostWatch hostWatch,
      Network.Tap network) {
    this.host = host;
    this.hostWatch = hostWatch;
    this.upstream = upstream;
    this.tools = tools;
    insideTools = tools.in(inside);
    learnt = new Learnt(insideTools);
    this.number = number;
    this.inside = inside;
    this.network = network;
    plan = new Plan(number.number());
    tables = new Firewall(plan, network).inside();
    hostTables = new HostFirewall(plan, network.hasIpv6()).outside();
  }

  /**
   * Makes one.
   *
   * @param tools those of {@code host}
   * @throws HostException if this host can't have it, with what to do
   */
  static Slot make(
      Namespace host,
      Tools tools,
      SlotNumbers numbers,
      Upstream upstream,
      HostWatch hostWatch,
      Network.Tap network)
      throws HostException {
    var number = numbers.take();
    var inside = Optional.<NamespaceThread>empty();
    var slot = Optional.<Slot>empty();
    boolean done = false;
    try {
      inside = Optional.of(NamespaceThread.start("network-" + number.number()));
      slot = Optional.of(new Slot(host, tools, number, inside.get(), upstream, hostWatch, network));
      slot.get().setUp();
      done = true;
      return slot.get();
    } catch (IOException e) {
      throw new HostException("no network can be made: " + PrivateDir.reason(e), e);
    } finally {
      if (!done) {
        if (slot.isPresent()) {
          slot.get().close();
        } else {
          inside.ifPresent(NamespaceThread::close);
          number.close();
        }
      }
    }
  }

  private void setUp() throws IOException, HostException {
    boolean ipv6 = network.hasIpv6();
    requireForwarding(ipv6);
    // What a killed owner of this number has left would be in the way; tables are replaced.
    boolean left =
        host.call(() -> Optional.ofNullable(NetworkInterface.getByName(plan.link()))).isPresent();
    if (left) {
      Leftovers.clear(tools, plan);
    }
    setUpInside(ipv6);
    var link = new ArrayList<String>();
    link.add("link set " + plan.link() + " up");
    link.add("addr add " + plan.outer() + "/31 dev " + plan.link());
    link.add(neighbour(plan.inner().toString(), plan.innerMac(), plan.link()));
    link.add("route add %s/32 via %s dev %s".formatted(plan.guest(), plan.inner(), plan.link()));
    write(host, "ipv6/conf/" + plan.link() + "/disable_ipv6", ipv6 ? "0" : "1");
    write(host, "ipv6/conf/" + plan.link() + "/accept_ra", "0");
    if (ipv6) {
      link.add("addr add " + plan.outer6() + "/127 dev " + plan.link() + " nodad");
      link.add(neighbour(plan.inner6().toString(), plan.innerMac(), plan.link()));
      link.add(
          "route add %s/128 via %s dev %s".formatted(plan.guest6(), plan.inner6(), plan.link()));
    }
    // The wall is there before the link is up.
    tools.load(hostTables);
    tools.ip(link);
    resolver =
        Optional.of(
            Resolver.on(
                inside,
                new InetSocketAddress(plan.gateway().address(), 0),
                new Answers(network, upstream::ask, learnt, denials::name)));
    published = Optional.of(PublishedPorts.open(host, inside, plan.guest(), network.publish()));
    var tried = new HostTrial(this).run();
    trial = tried.words();
    var fault = fault(tried.listing());
    if (fault.isPresent()) {
      throw new HostException(
          "no network: what was set up is not what was meant: "
              + fault.get()
              + "; is something else at work on this host's network?");
    }
  }

  /** What is else than it was meant, by the kernel's word; empty if nothing is. */
  private Optional<String> fault(JsonNode outer) throws IOException, HostException {
    var links = linkNames();
    if (!links.equals(LINKS.keySet())) {
      return Optional.of("the namespace has the links " + links + ", meant are " + LINKS.keySet());
    }
    var listing = listInside();
    counters = Optional.of(Ruleset.counters(listing));
    var in = Ruleset.listed(listing);
    var out = Ruleset.listed(outer);
    return meantInside()
        .unhooked(in)
        .or(() -> meantInside().difference(in))
        .or(() -> meantOutside().unhooked(out))
        .or(() -> meantOutside().difference(out));
  }

  private void setUpInside(boolean ipv6) throws IOException, HostException {
    insideTools.ip(
        List.of(
            "tuntap add dev " + Plan.TAP + " mode tap",
            "link set " + Plan.TAP + " address " + Plan.GATEWAY_MAC,
            "link add %s address %s type veth peer name %s address %s netns %s"
                .formatted(
                    Plan.UPLINK, plan.innerMac(), plan.link(), plan.outerMac(), host.path())));
    insideTools.load(tables);
    write(inside, "ipv4/ip_forward", "1");
    write(inside, "ipv4/conf/all/rp_filter", "1");
    write(inside, "ipv4/conf/all/accept_redirects", "0");
    write(inside, "ipv4/conf/all/send_redirects", "0");
    write(inside, "ipv4/conf/" + Plan.TAP + "/send_redirects", "0");
    write(inside, "ipv6/conf/all/disable_ipv6", ipv6 ? "0" : "1");
    write(inside, "ipv6/conf/all/accept_ra", "0");
    var lines = new ArrayList<String>();
    lines.add("addr add " + plan.gateway() + "/30 dev " + Plan.TAP);
    lines.add("addr add " + plan.inner() + "/31 dev " + Plan.UPLINK);
    lines.add("link set " + Plan.TAP + " up");
    lines.add("link set " + Plan.UPLINK + " up");
    lines.add(neighbour(plan.guest().toString(), Plan.GUEST_MAC, Plan.TAP));
    lines.add(neighbour(plan.outer().toString(), plan.outerMac(), Plan.UPLINK));
    lines.add("route add default via " + plan.outer());
    if (ipv6) {
      write(inside, "ipv6/conf/all/forwarding", "1");
      lines.add("addr add " + plan.gateway6() + "/64 dev " + Plan.TAP + " nodad");
      lines.add("addr add " + plan.inner6() + "/127 dev " + Plan.UPLINK + " nodad");
      lines.add(neighbour(plan.guest6().toString(), Plan.GUEST_MAC, Plan.TAP));
      lines.add(neighbour(plan.outer6().toString(), plan.outerMac(), Plan.UPLINK));
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

  private void requireForwarding(boolean ipv6) throws IOException, HostException {
    requireForwarding("ipv4/ip_forward", "net.ipv4.ip_forward");
    if (ipv6) {
      requireForwarding("ipv6/conf/all/forwarding", "net.ipv6.conf.all.forwarding");
    }
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

  @Override
  public List<Reading> prove(GuestAgent guest) throws GuestException, HostException {
    var readings = new Readings();
    var token = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(token);
    var probe = Probe.of(plan, network, token);
    try {
      var before = counters.isPresent() ? counters.get() : Ruleset.counters(listInside());
      counters = Optional.empty();
      // Read beside what is sent: it does not change by it.
      var outside = new FutureTask<>(this::listOutside);
      var _ = Thread.ofVirtual().name("network-read").start(outside);
      var arrival = resolver().expect(token);
      int sent = guest.probe(probe.frames(), PATIENCE);
      boolean arrived = Resolver.came(arrival, PATIENCE);
      var listing = listInside();
      var wrong = probe.wrong(before, Ruleset.counters(listing), network.hasIpv6());
      readings.add(
          Reading.of(
              ProofItem.FIREWALL_PROBE,
              sent == probe.frames().size() && arrived && wrong.isEmpty(),
              () ->
                  "of %d frames the guest sent %d, what is allowed %s, counters %s; on the host %s"
                      .formatted(
                          probe.frames().size(),
                          sent,
                          arrived ? "came through" : "did not come through",
                          wrong.isEmpty() ? "rose by " + probe.expected() : wrong.toString(),
                          trial)));
      read(listing, outside.get(), readings);
      return readings.all();
    } catch (IOException | ExecutionException e) {
      throw new HostException("the firewall can't be read: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException("interrupted while a firewall was tried", e);
    }
  }

  @Override
  public List<Reading> again() throws HostException {
    var readings = new Readings();
    try {
      read(listInside(), listOutside(), readings);
      return readings.all();
    } catch (IOException e) {
      throw new HostException("the firewall can't be read: " + e.getMessage(), e);
    }
  }

  private void read(JsonNode inner, JsonNode outer, Readings readings)
      throws IOException, HostException {
    var links = linkNames();
    readings.add(
        Reading.of(
            ProofItem.NETWORK_LINKS,
            links.equals(LINKS.keySet()),
            () ->
                "%s has %s, meant are %s"
                    .formatted(inside.path(), links, new TreeSet<>(LINKS.keySet()))));
    var in = Ruleset.listed(inner);
    var out = Ruleset.listed(outer);
    var unhooked = meantInside().unhooked(in).or(() -> meantOutside().unhooked(out));
    readings.add(
        Reading.of(
            ProofItem.FIREWALL_HOOKS,
            unhooked.isEmpty(),
            () -> unhooked.orElse("input, output, forward and ingress, inside and on the host")));
    var different =
        meantInside()
            .difference(in)
            .or(() -> meantOutside().difference(out))
            .or(() -> learnt.foreign(inner));
    readings.add(
        Reading.of(
            ProofItem.FIREWALL_RULES,
            different.isEmpty(),
            () ->
                different.orElse(
                    "%d objects inside, %d on the host, as they were meant"
                        .formatted(meantInside().size(), meantOutside().size()))));
  }

  /** Names of the links inside, by its kernel; no program is run for it. */
  private Set<String> linkNames() throws IOException, HostException {
    var names = new TreeSet<String>();
    for (var line : inside.call(() -> Files.readAllLines(DEVICES))) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        names.add(line.substring(0, colon).strip());
      }
    }
    return names;
  }

  private Resolver resolver() throws HostException {
    return resolver.orElseThrow(() -> new HostException("the network's resolver is not there"));
  }

  /**
   * From now on, when the machine is in use, hears of what is denied and of what changes.
   *
   * @param toldOf each destination when it is denied the first time
   * @param changed called after each change of links and rules, also those that come of the
   *     resolver's answers
   */
  public void begin(Consumer<NetworkDenial> toldOf, Runnable changed) throws HostException {
    denials.begin(inside, toldOf);
    watch = Optional.of(Watch.over(inside, _ -> changed.run()));
    hostWatch.add(plan, changed);
    // What has changed since it was proven, and before anybody listened; nobody waits for it.
    var _ = IoThread.start("network-look", changed);
  }

  /** What it lets pass, and what it did. */
  public NetworkReport report() throws HostException {
    try {
      var listing = listInside();
      var counts = new TreeMap<>(Ruleset.counters(listing));
      var rules = new ArrayList<NetworkReport.Rule>();
      for (int i = 1; i <= network.allow().size(); i++) {
        long packets = count(counts, "allow " + i) + count(counts, "allow " + i + ", 6");
        rules.add(
            new NetworkReport.Rule(
                "allow " + network.allow().get(i - 1), packets, Learnt.in(listing, i)));
      }
      for (int i = 1; i <= network.deny().size(); i++) {
        rules.add(
            new NetworkReport.Rule(
                "deny " + network.deny().get(i - 1), count(counts, "deny " + i), List.of()));
      }
      for (var port : network.publish()) {
        rules.add(new NetworkReport.Rule("publish " + port, 0, List.of()));
      }
      counts.values().removeIf(packets -> packets == 0);
      return new NetworkReport(
          plan.guest().toString(), inside.path().toString(), rules, counts, denials.newest());
    } catch (IOException e) {
      throw new HostException("the firewall can't be read: " + e.getMessage(), e);
    }
  }

  /** Takes a counter out of those that are left. */
  private static long count(Map<String, Long> counts, String name) {
    return Optional.ofNullable(counts.remove(name)).orElse(0L);
  }

  @Override
  public Nic nic() {
    return new Nic(inside.path(), Plan.TAP, Plan.GUEST_MAC);
  }

  @Override
  public GuestNetwork guest() {
    var addresses = new ArrayList<GuestNetwork.Address>();
    addresses.add(new GuestNetwork.Address(plan.guest(), 30, plan.gateway()));
    if (network.hasIpv6()) {
      addresses.add(new GuestNetwork.Address(plan.guest6(), 64, plan.gateway6()));
    }
    return new GuestNetwork(MTU, Plan.GATEWAY_MAC, addresses);
  }

  Plan plan() {
    return plan;
  }

  Network.Tap network() {
    return network;
  }

  /** What was denied, newest first. */
  public List<NetworkDenial> denied() {
    return denials.newest();
  }

  Denials denials() {
    return denials;
  }

  Learnt learnt() {
    return learnt;
  }

  NamespaceThread inside() {
    return inside;
  }

  /** Those of the host. */
  Tools tools() {
    return tools;
  }

  /** What nft lists inside: everything that there is. */
  JsonNode listInside() throws IOException, HostException {
    return insideTools.ruleset();
  }

  /** What it lists of our tables on the host. */
  JsonNode listOutside() throws IOException, HostException {
    try {
      return tools.list(hostTables);
    } catch (IOException _) {
      // One of them is gone; which, all that there is will tell.
      var ours = new ArrayList<JsonNode>();
      for (var object : tools.ruleset().path("nftables")) {
        var content = object.iterator().next();
        if (content
            .path("table")
            .asString(content.path("name").asString(""))
            .equals(plan.table())) {
          ours.add(object);
        }
      }
      return Nft.object("nftables", Nft.list(ours));
    }
  }

  /** What is meant inside. */
  Ruleset meantInside() {
    return Ruleset.of(tables);
  }

  /** What is meant on the host. */
  Ruleset meantOutside() {
    return Ruleset.of(hostTables);
  }

  /** Names of the links inside, with what they are. */
  Map<String, String> links() throws IOException, HostException {
    var links = new TreeMap<String, String>();
    for (var link : insideTools.ipList("-d", "link", "show")) {
      var info = link.path("linkinfo");
      String kind = info.path("info_kind").asString("");
      links.put(
          link.path("ifname").asString(""),
          kind.equals("tun") ? info.path("info_data").path("type").asString("") : kind);
    }
    return links;
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    hostWatch.remove(plan);
    watch.ifPresent(Watch::close);
    denials.close();
    published.ifPresent(PublishedPorts::close);
    resolver.ifPresent(Resolver::close);
    try {
      Leftovers.clear(tools, plan);
    } catch (IOException | HostException _) {
      // The next owner of the number clears it, or gc.
    }
    inside.close();
    number.close();
  }
}
