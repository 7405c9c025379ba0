package io.ironclaw.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A table of nftables in the making. */
final class Table {
  private final String family;
  private final String name;
  private final List<ObjectNode> objects = new ArrayList<>();

  Table(String family, String name) {
    this.family = family;
    this.name = name;
    var table = Nft.object("family", Nft.text(family));
    table.put("name", name);
    objects.add(Nft.object("table", table));
  }

  String family() {
    return family;
  }

  String name() {
    return name;
  }

  /** What it is made of, each as nft lists it. */
  List<ObjectNode> objects() {
    return List.copyOf(objects);
  }

  private ObjectNode named(String what) {
    var object = Nft.object("family", Nft.text(family));
    object.put("table", name);
    object.put("name", what);
    return object;
  }

  /** A chain that others lead to. */
  void chain(String chain) {
    objects.add(Nft.object("chain", named(chain)));
  }

  /** A chain that the kernel leads packets to. */
  void base(String chain, String type, String hook, int priority, String policy) {
    base(chain, type, hook, priority, policy, Optional.empty());
  }

  /** The same for the packets of one device. */
  void base(
      String chain, String type, String hook, int priority, String policy, Optional<String> link) {
    var base = named(chain);
    base.put("type", type);
    base.put("hook", hook);
    base.put("prio", priority);
    link.ifPresent(device -> base.put("dev", device));
    base.put("policy", policy);
    objects.add(Nft.object("chain", base));
  }

  /** A set with what it holds for good. */
  void constants(String set, String type, List<String> flags, List<JsonNode> elements) {
    var object = named(set);
    object.put("type", type);
    if (!flags.isEmpty()) {
      object.set("flags", Nft.list(flags.stream().map(Nft::text).toList()));
    }
    if (!elements.isEmpty()) {
      object.set("elem", Nft.list(elements));
    }
    objects.add(Nft.object("set", object));
  }

  /** An empty set whose elements come and go. */
  void changing(String set, String type, int size) {
    var object = named(set);
    object.put("type", type);
    object.put("size", size);
    object.set("flags", Nft.list(List.of(Nft.text("timeout"))));
    objects.add(Nft.object("set", object));
  }

  /**
   * Adds a rule at a chain's end.
   *
   * @param comment what its counter is known by, with those of the same comment
   */
  void rule(String chain, String comment, List<JsonNode> expressions) {
    var rule = Nft.object("family", Nft.text(family));
    rule.put("table", name);
    rule.put("chain", chain);
    rule.put("comment", comment);
    rule.set("expr", Nft.list(expressions));
    objects.add(Nft.object("rule", rule));
  }

  void rule(String chain, String comment, JsonNode... expressions) {
    rule(chain, comment, List.of(expressions));
  }
}
