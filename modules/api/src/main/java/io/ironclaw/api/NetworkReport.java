package io.ironclaw.api;

import java.util.List;
import java.util.Map;

/**
 * What a guest's network lets pass, and what it did.
 *
 * @param address that the host knows the guest by
 * @param namespace a file that names the network namespace that its device is in
 * @param rules in their order
 * @param counters packets, by what happened to them
 * @param denials newest first
 */
public record NetworkReport(
    String address,
    String namespace,
    List<Rule> rules,
    Map<String, Long> counters,
    List<NetworkDenial> denials) {
  /**
   * A rule.
   *
   * @param text as it can be written, after {@code allow}, {@code deny} or {@code publish}
   * @param packets that it has decided about: of what it allows, one for each connection
   * @param learnt addresses that its name has led to, that are open now
   */
  public record Rule(String text, long packets, List<String> learnt) {
    public Rule {
      learnt = List.copyOf(learnt);
    }
  }

  public NetworkReport {
    rules = List.copyOf(rules);
    denials = List.copyOf(denials);
  }

  /** One line of JSON, of which each number is below 2^53. */
  public String json() {
    var json = new CanonicalJson().begin();
    json.text("address", address);
    json.object("counters");
    counters.forEach(json::number);
    json.end();
    json.array("denials");
    for (var denial : denials) {
      json.begin();
      json.text("last", denial.last().toString());
      denial.rule().ifPresent(rule -> json.text("rule", rule));
      json.number("times", denial.times());
      json.text("what", denial.what());
      json.end();
    }
    json.endArray();
    json.text("namespace", namespace);
    json.array("rules");
    for (var rule : rules) {
      json.begin();
      json.array("learnt");
      rule.learnt().forEach(json::item);
      json.endArray();
      json.number("packets", rule.packets());
      json.text("rule", rule.text());
      json.end();
    }
    json.endArray();
    return json.end().toString();
  }

  /** The same for a person: lines, each with its end. */
  public String text() {
    var text = new StringBuilder();
    text.append("address    %s (nsenter --net=%s)%n".formatted(address, namespace));
    for (var rule : rules) {
      String learnt = rule.learnt().isEmpty() ? "" : " -> " + String.join(", ", rule.learnt());
      text.append("rule       %s (%d)%s%n".formatted(rule.text(), rule.packets(), learnt));
    }
    counters.forEach(
        (name, packets) -> text.append("packets    %8d  %s%n".formatted(packets, name)));
    for (var denial : denials) {
      text.append(
          "denied     %s, %d times, last %s%s%n"
              .formatted(denial.what(), denial.times(), denial.last(), denial.fix()));
    }
    return text.toString();
  }
}
