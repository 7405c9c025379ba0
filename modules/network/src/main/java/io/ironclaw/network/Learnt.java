package io.ironclaw.network;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IpBlock;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The addresses that names have led to, in the sets of the firewall inside, and a note of each:
 * what is in a set and not noted, nobody has learnt. Safe for many threads.
 */
final class Learnt implements Answers.Learning {
  private final Tools inside;

  /** By set and address: until when, on the clock of {@link System#nanoTime}. */
  private final Map<String, Map<String, Long>> notes = new HashMap<>();

  Learnt(Tools inside) {
    this.inside = inside;
  }

  @Override
  public synchronized void learn(Map<String, List<IpBlock>> sets, Duration until)
      throws IOException {
    var commands = new ArrayList<JsonNode>();
    sets.forEach((set, addresses) -> {
      // An element that is there keeps its time, unless it goes and comes back in one transaction.
      commands.add(command("add", set, addresses, until));
      commands.add(command("delete", set, addresses, until));
      commands.add(command("add", set, addresses, until));
    });
    try {
      inside.run(commands);
    } catch (HostException e) {
      throw new IOException(e.getMessage(), e);
    }
    // What the kernel has refused, as a set is full, is not there. Whoever looks waits for this.
    long now = System.nanoTime();
    sets.forEach((set, addresses) -> {
      var noted = notes.computeIfAbsent(set, _ -> new HashMap<>());
      noted.values().removeIf(end -> end - now < 0);
      addresses.forEach(address -> noted.put(address.addressText(), now + until.toNanos()));
    });
  }

  private static JsonNode command(
      String what, String set, List<IpBlock> addresses, Duration until) {
    var elements = new ArrayList<JsonNode>();
    for (var address : addresses) {
      var element = Nft.object("val", Nft.text(address.addressText()));
      element.put("timeout", until.toSeconds());
      elements.add(Nft.object("elem", element));
    }
    var of = Nft.object("family", Nft.text("inet"));
    of.put("table", Plan.INSIDE);
    of.put("name", set);
    of.set("elem", Nft.list(elements));
    return Nft.object(what, Nft.object("element", of));
  }

  /** The addresses that a rule's name has led to, in a listing. */
  static List<String> in(JsonNode listing, int rule) {
    var found = new ArrayList<String>();
    for (var object : listing.path("nftables")) {
      var set = object.path("set");
      if (set.path("name").asString("").startsWith("name_" + rule + "_")) {
        for (var element : set.path("elem")) {
          found.add(element.path("elem").path("val").asString(""));
        }
      }
    }
    return found;
  }

  /** An address in a set of a listing that nobody has learnt; empty if there is none. */
  synchronized Optional<String> foreign(JsonNode listing) {
    for (var object : listing.path("nftables")) {
      var set = object.path("set");
      String name = set.path("name").asString("");
      if (!name.startsWith("name_")) {
        continue;
      }
      var noted = notes.getOrDefault(name, Map.of());
      for (var element : set.path("elem")) {
        var value = element.path("elem").path("val");
        String address = value.isString() ? value.stringValue() : element.toString();
        if (!noted.containsKey(address)) {
          return Optional.of("set " + name + " has " + address + ", which no answer has led to");
        }
      }
    }
    return Optional.empty();
  }
}
