package io.ironclaw.network;

import io.ironclaw.api.IpBlock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tables of nftables as they are meant, or as nft lists them; in a form in which the two can be
 * compared: without handles, counts, and what sets have learnt.
 */
final class Ruleset {
  private static final List<String> BASE = List.of("type", "hook", "prio", "policy");
  private static final String CHAIN = "chain";
  private static final String RULE = "rule";
  private static final String SET = "set";
  private static final String ELEMENTS = "elem";
  private static final Pattern MAPPED =
      Pattern.compile("([0-9a-f:]*:)([0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+)");

  /** By kind and name, but for rules: by their chain, in their order. */
  private final Map<String, List<ObjectNode>> objects = new TreeMap<>();

  private Ruleset() {}

  /** As they are meant. */
  static Ruleset of(List<Table> tables) {
    var set = new Ruleset();
    tables.forEach(table -> table.objects().forEach(set::add));
    return set;
  }

  /** What nft printed as {@code nft -j list}. */
  static Ruleset listed(JsonNode listing) {
    var set = new Ruleset();
    for (var object : listing.path("nftables")) {
      if (object instanceof ObjectNode node && !node.has("metainfo")) {
        set.add(node);
      }
    }
    return set;
  }

  private void add(ObjectNode wrapped) {
    String kind = wrapped.propertyNames().iterator().next();
    if (!(wrapped.get(kind).deepCopy() instanceof ObjectNode object)) {
      return;
    }
    object.remove("handle");
    mapped(object);
    String key = kind + " " + object.path("family").asString("") + " ";
    switch (kind) {
      case RULE -> {
        for (var expression : object.path("expr")) {
          normalize(expression);
        }
        key += object.path("table").asString("") + " " + object.path(CHAIN).asString("");
      }
      case SET -> {
        normalizeSet(object);
        key += object.path("table").asString("") + " " + object.path("name").asString("");
      }
      default -> key += object.path("table").asString("") + " " + object.path("name").asString("");
    }
    objects.computeIfAbsent(key, _ -> new ArrayList<>()).add(object);
  }

  /** IPv6 addresses that have IPv4 in their writing, as libc writes some, without. */
  private static void mapped(JsonNode node) {
    switch (node) {
      case ObjectNode object -> {
        for (var name : List.copyOf(object.propertyNames())) {
          var value = object.get(name);
          if (value.isString()) {
            object.put(name, mapped(value.stringValue()));
          } else {
            mapped(value);
          }
        }
      }
      case ArrayNode array -> {
        for (int i = 0; i < array.size(); i++) {
          if (array.get(i).isString()) {
            array.set(i, Nft.text(mapped(array.get(i).stringValue())));
          } else {
            mapped(array.get(i));
          }
        }
      }
      default -> {
        // A number, or nothing.
      }
    }
  }

  private static String mapped(String text) {
    var found = MAPPED.matcher(text);
    if (!found.matches()) {
      return text;
    }
    return IpBlock.parse(found.group(2))
        .flatMap(low ->
            IpBlock.parse(
                "%s%x:%x"
                    .formatted(
                        found.group(1),
                        low.first().shiftRight(16).intValue(),
                        low.first().intValue() & 0xffff)))
        .map(IpBlock::addressText)
        .orElse(text);
  }

  private static void normalize(JsonNode expression) {
    if (expression.path("counter") instanceof ObjectNode counter) {
      counter.put("packets", 0);
      counter.put("bytes", 0);
    }
    if (expression.path("quota") instanceof ObjectNode quota) {
      quota.remove(List.of("used", "used_unit"));
    }
  }

  /** What is learnt has a time limit; what is meant for good has none, and no order. */
  private static void normalizeSet(ObjectNode set) {
    if (set.path("flags").isString()) {
      set.set("flags", Nft.list(List.of(set.get("flags"))));
    }
    var flags = set.path("flags");
    boolean learns =
        StreamSupport.stream(flags.spliterator(), false)
            .anyMatch(f -> f.asString("").equals("timeout"));
    if (learns) {
      set.remove(ELEMENTS);
    } else if (set.path(ELEMENTS) instanceof ArrayNode elements) {
      var sorted = new TreeMap<String, JsonNode>();
      elements.forEach(element -> sorted.put(element.toString(), element));
      set.set(ELEMENTS, Nft.list(List.copyOf(sorted.values())));
    }
  }

  /** Where a base chain of this is not hooked as it is here; empty if all are. */
  Optional<String> unhooked(Ruleset found) {
    for (var entry : objects.entrySet()) {
      var chain = entry.getValue().getFirst();
      if (!entry.getKey().startsWith(CHAIN) || !chain.has("hook")) {
        continue;
      }
      var there = found.objects.getOrDefault(entry.getKey(), List.of());
      if (there.isEmpty()) {
        return Optional.of(entry.getKey() + " is not there");
      }
      for (var field : BASE) {
        if (!chain.path(field).equals(there.getFirst().path(field))) {
          return Optional.of(
              "%s has %s %s, meant is %s"
                  .formatted(
                      entry.getKey(),
                      field,
                      shown(there.getFirst().path(field)),
                      chain.get(field)));
        }
      }
      // Not every nft tells the device of a chain; the probe does.
      if (there.getFirst().has("dev") && !chain.path("dev").equals(there.getFirst().get("dev"))) {
        return Optional.of(
            entry.getKey()
                + " is at device "
                + there.getFirst().get("dev")
                + ", not "
                + chain.get("dev"));
      }
    }
    return Optional.empty();
  }

  private static String shown(JsonNode node) {
    return node.isMissingNode() ? "none" : node.toString();
  }

  /** What is else than it is here; empty if nothing is. */
  Optional<String> difference(Ruleset found) {
    for (var key : found.objects.keySet()) {
      if (!objects.containsKey(key)) {
        return Optional.of(key + " is there and not meant");
      }
    }
    for (var entry : objects.entrySet()) {
      var there = found.objects.getOrDefault(entry.getKey(), List.of());
      var meant = entry.getValue();
      for (int i = 0; i < Math.max(meant.size(), there.size()); i++) {
        String which =
            entry.getKey() + (entry.getKey().startsWith(RULE) ? ", rule " + (i + 1) : "");
        if (i >= there.size()) {
          return Optional.of(which + " is missing: " + meant.get(i));
        }
        if (i >= meant.size()) {
          return Optional.of(which + " is there and not meant: " + there.get(i));
        }
        if (!without(meant.get(i), there.get(i)).equals(there.get(i))) {
          return Optional.of(which + " is " + there.get(i) + ", meant is " + meant.get(i));
        }
      }
    }
    return Optional.empty();
  }

  /** What is meant, without the device that not every nft tells. */
  private static ObjectNode without(ObjectNode meant, ObjectNode there) {
    return meant.has("dev") && !there.has("dev") ? meant.deepCopy().without("dev") : meant;
  }

  /** What the counters of a listing say, in packets, by the comments of their rules. */
  static Map<String, Long> counters(JsonNode listing) {
    var counters = new LinkedHashMap<String, Long>();
    for (var object : listing.path("nftables")) {
      var rule = object.path(RULE);
      for (var expression : rule.path("expr")) {
        if (expression.has("counter")) {
          counters.merge(
              rule.path("comment").asString(""),
              expression.path("counter").path("packets").asLong(0),
              Long::sum);
        }
      }
    }
    return counters;
  }

  int size() {
    return objects.values().stream().mapToInt(List::size).sum();
  }
}
