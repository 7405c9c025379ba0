package io.ironclaw.network;

import io.ironclaw.api.HostException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Verdict;
import io.ironclaw.jail.Reading;
import io.ironclaw.jail.Readings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/** Reads a slot's links and rules back from the kernel, and compares them with what was meant. */
final class FirewallReader {
  /** All that are in the namespace. */
  private static final Set<String> LINKS = Set.of("lo", Plan.TAP, Plan.UPLINK);

  private static final Path DEVICES = Path.of("/proc/thread-self/net/dev");

  private final Tools tools;
  private final Tools insideTools;
  private final Namespace inside;
  private final Plan plan;
  private final List<Table> hostTables;
  private final Learnt learnt;
  private final Ruleset meantInside;
  private final Ruleset meantOutside;

  FirewallReader(
      Tools tools,
      Namespace inside,
      Plan plan,
      List<Table> tables,
      List<Table> hostTables,
      Learnt learnt) {
    this.tools = tools;
    this.inside = inside;
    this.plan = plan;
    meantInside = Ruleset.of(tables);
    meantOutside = Ruleset.of(hostTables);
    this.hostTables = hostTables;
    this.learnt = learnt;
    insideTools = tools.in(inside);
  }

  /** What nft lists inside: everything that there is. */
  JsonNode inside() throws IOException, HostException {
    return insideTools.ruleset();
  }

  /** What it lists of our tables on the host. */
  JsonNode outside() throws IOException, HostException {
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
    return meantInside;
  }

  /** What is meant on the host. */
  Ruleset meantOutside() {
    return meantOutside;
  }

  /** What is else than it was meant, of two listings; empty if nothing is. */
  Optional<String> fault(JsonNode inner, JsonNode outer) throws IOException, HostException {
    var readings = new Readings();
    read(inner, outer, readings);
    return readings.all().stream()
        .filter(reading -> reading.verdict() == Verdict.FAILED)
        .map(reading -> reading.item() + ": " + reading.text().get())
        .findFirst();
  }

  /** The same as readings of the links, the hooks, and the rules. */
  void read(JsonNode inner, JsonNode outer, Readings readings) throws IOException, HostException {
    var links = linkNames();
    readings.add(
        Reading.of(
            ProofItem.NETWORK_LINKS,
            links.equals(LINKS),
            () -> "%s has %s, meant are %s".formatted(inside.path(), links, new TreeSet<>(LINKS))));
    var in = Ruleset.listed(inner);
    var out = Ruleset.listed(outer);
    var unhooked = meantInside.unhooked(in).or(() -> meantOutside.unhooked(out));
    readings.add(
        Reading.of(
            ProofItem.FIREWALL_HOOKS,
            unhooked.isEmpty(),
            () -> unhooked.orElse("input, output, forward and ingress, inside and on the host")));
    var different =
        meantInside
            .difference(in)
            .or(() -> meantOutside.difference(out))
            .or(() -> learnt.foreign(inner));
    readings.add(
        Reading.of(
            ProofItem.FIREWALL_RULES,
            different.isEmpty(),
            () ->
                different.orElse(
                    "%d objects inside, %d on the host, as they were meant"
                        .formatted(meantInside.size(), meantOutside.size()))));
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
}
