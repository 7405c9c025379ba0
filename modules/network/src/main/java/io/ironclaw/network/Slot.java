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
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A network for one machine: a namespace with the tap of its device and a link to the host, and the
 * rules of both. Made ahead of the machine, for what it will be allowed; gone when it is closed,
 * and but for its tables on the host, which {@link Leftovers} clears, also when this process is
 * killed. Safe for many threads.
 */
public final class Slot implements MachineNetwork, AutoCloseable {
  private static final int MTU = 1_500;

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int TOKEN_BYTES = 24;

  private final Namespace host;
  private final Tools tools;
  private final SlotNumbers.Taken number;
  private final NamespaceThread inside;
  private final Plan plan;
  private final Network.Tap network;
  private final List<Table> tables;
  private final List<Table> hostTables;
  private final Upstream upstream;
  private final Learnt learnt;
  private final FirewallReader reader;
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
    learnt = new Learnt(tools.in(inside));
    this.number = number;
    this.inside = inside;
    this.network = network;
    plan = new Plan(number.number());
    tables = new Firewall(network).inside();
    hostTables = new HostFirewall(plan, network.hasIpv6()).outside();
    reader = new FirewallReader(tools, inside, plan, tables, hostTables, learnt);
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
    new Wiring(host, inside, tools, plan, network.hasIpv6()).make(tables, hostTables);
    resolver =
        Optional.of(
            Resolver.on(
                inside,
                new InetSocketAddress(Plan.GATEWAY.address(), 0),
                new Answers(network, upstream::ask, learnt, denials::name)));
    published = Optional.of(PublishedPorts.open(host, inside, Plan.GUEST, network.publish()));
    var tried = new HostTrial(this).run();
    trial = tried.words();
    var listing = reader.inside();
    counters = Optional.of(Ruleset.counters(listing));
    var fault = reader.fault(listing, tried.listing());
    if (fault.isPresent()) {
      throw new HostException(
          "no network: what was set up is not what was meant: "
              + fault.get()
              + "; is something else at work on this host's network?");
    }
  }

  @Override
  public List<Reading> prove(GuestAgent guest) throws GuestException, HostException {
    var readings = new Readings();
    var token = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(token);
    var probe = Probe.of(plan, network, token);
    try {
      var before = counters.isPresent() ? counters.get() : Ruleset.counters(reader.inside());
      counters = Optional.empty();
      // Read beside what is sent: it does not change by it.
      var outside = new FutureTask<>(reader::outside);
      var _ = Thread.ofVirtual().name("network-read").start(outside);
      var arrival = resolver().expect(token);
      int sent = guest.probe(probe.frames(), PATIENCE);
      boolean arrived = Resolver.came(arrival, PATIENCE);
      var listing = reader.inside();
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
      reader.read(listing, outside.get(), readings);
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
      reader.read(reader.inside(), reader.outside(), readings);
      return readings.all();
    } catch (IOException e) {
      throw new HostException("the firewall can't be read: " + e.getMessage(), e);
    }
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
      var listing = reader.inside();
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
          plan.inner().toString(), inside.path().toString(), rules, counts, denials.newest());
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
    return new Nic(inside.path(), Plan.TAP, Plan.GUEST_MAC, guest());
  }

  private GuestNetwork guest() {
    var addresses = new ArrayList<GuestNetwork.Address>();
    addresses.add(new GuestNetwork.Address(Plan.GUEST, 30, Plan.GATEWAY));
    if (network.hasIpv6()) {
      addresses.add(new GuestNetwork.Address(Plan.GUEST_6, 64, Plan.GATEWAY_6));
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

  FirewallReader reader() {
    return reader;
  }

  NamespaceThread inside() {
    return inside;
  }

  /** Those of the host. */
  Tools tools() {
    return tools;
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
