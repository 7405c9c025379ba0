package io.ironclaw.network;

import io.ironclaw.api.IpBlock;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Expressions and statements in the JSON of nftables (libnftables-json(5)), written as nft itself
 * prints them: what was loaded is compared with what was meant.
 */
final class Nft {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private Nft() {}

  static ObjectNode object(String name, JsonNode value) {
    var object = JSON.objectNode();
    object.set(name, value);
    return object;
  }

  static JsonNode text(String value) {
    return JSON.stringNode(value);
  }

  static JsonNode number(long value) {
    return value <= Integer.MAX_VALUE ? JSON.numberNode((int) value) : JSON.numberNode(value);
  }

  static ArrayNode list(List<? extends JsonNode> nodes) {
    var list = JSON.arrayNode();
    nodes.forEach(list::add);
    return list;
  }

  static JsonNode meta(String key) {
    return object("meta", object("key", text(key)));
  }

  static JsonNode ct(String key) {
    return object("ct", object("key", text(key)));
  }

  static JsonNode payload(String protocol, String field) {
    var of = object("protocol", text(protocol));
    of.put("field", field);
    return object("payload", of);
  }

  static JsonNode match(String operator, JsonNode left, JsonNode right) {
    var match = object("op", text(operator));
    match.set("left", left);
    match.set("right", right);
    return object("match", match);
  }

  static JsonNode is(JsonNode left, String right) {
    return match("==", left, text(right));
  }

  static JsonNode isNot(JsonNode left, String right) {
    return match("!=", left, text(right));
  }

  static JsonNode is(JsonNode left, JsonNode right) {
    return match("==", left, right);
  }

  static JsonNode arriving(String link) {
    return is(meta("iifname"), link);
  }

  static JsonNode leaving(String link) {
    return is(meta("oifname"), link);
  }

  static JsonNode state(String... states) {
    return states.length == 1
        ? match("in", ct("state"), text(states[0]))
        : match("in", ct("state"), list(List.of(states).stream().map(Nft::text).toList()));
  }

  /** An address alone, or {@code prefix}. */
  static JsonNode block(IpBlock block) {
    if (block.isSingle()) {
      return text(block.addressText());
    }
    var prefix = object("addr", text(block.addressText()));
    prefix.put("len", block.prefix());
    return object("prefix", prefix);
  }

  static JsonNode range(long low, long high) {
    return low == high ? number(low) : object("range", list(List.of(number(low), number(high))));
  }

  static JsonNode counter() {
    var counter = object("packets", number(0));
    counter.put("bytes", 0);
    return object("counter", counter);
  }

  static JsonNode accept() {
    return object("accept", JSON.nullNode());
  }

  static JsonNode drop() {
    return object("drop", JSON.nullNode());
  }

  static JsonNode jump(String chain) {
    return object("jump", object("target", text(chain)));
  }

  static JsonNode goTo(String chain) {
    return object("goto", object("target", text(chain)));
  }

  static JsonNode reset() {
    return object("reject", object("type", text("tcp reset")));
  }

  static JsonNode prohibited() {
    var how = object("type", text("icmpx"));
    how.put("expr", "admin-prohibited");
    return object("reject", how);
  }

  static JsonNode masquerade() {
    return object("masquerade", JSON.nullNode());
  }

  static JsonNode mark(int value) {
    var mangle = object("key", ct("mark"));
    mangle.put("value", value);
    return object("mangle", mangle);
  }

  static JsonNode log(int group, int bytes) {
    var log = object("group", number(group));
    log.put("snaplen", bytes);
    return object("log", log);
  }

  /** Matches up to a rate, or what is over it. */
  static JsonNode rate(int rate, int burst, boolean over) {
    var limit = object("rate", number(rate));
    limit.put("burst", burst);
    limit.put("per", "second");
    if (over) {
      limit.put("inv", true);
    }
    return object("limit", limit);
  }

  static JsonNode connectionsOver(int count) {
    var limit = object("val", number(count));
    limit.put("inv", true);
    return object("ct count", limit);
  }

  static JsonNode over(long mebibytes) {
    var quota = object("val", number(mebibytes));
    quota.put("val_unit", "mbytes");
    quota.put("inv", true);
    return object("quota", quota);
  }
}
