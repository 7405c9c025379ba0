package io.ironclaw.mcp;

import io.ironclaw.api.AuditEntry;
import io.ironclaw.api.AuditTrail;
import io.ironclaw.api.Printable;
import io.ironclaw.tool.Progress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Says what was refused last in this session, by which rule, and what to ask for. Needs no VM. */
final class WhyTool implements McpTool {
  private static final int MOST_TEXT = 1_000;

  private final AuditTrail trail;

  WhyTool(AuditTrail trail) {
    this.trail = trail;
  }

  @Override
  public String name() {
    return "why";
  }

  @Override
  public Prepared prepare(Arguments arguments, Progress progress)
      throws Arguments.InvalidArgumentException {
    arguments.end();
    var refusals = trail.recent().stream().filter(e -> e.kind().isSecurity()).toList();
    return new Prepared.AtOnce(refusals.isEmpty() ? nothing() : answer(refusals));
  }

  private static Answer nothing() {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("refused", false);
    data.put("earlier", 0L);
    return new Answer(
        "Nothing was refused in this session: what failed did so for reasons of its own.", data);
  }

  private static Answer answer(List<AuditEntry> refusals) {
    var last = refusals.getLast();
    String what = cut(last.text("what").orElse(last.kind().text()));
    var rule = last.text("rule").map(WhyTool::cut);
    var fix = last.text("fix").map(WhyTool::cut);
    var data = new LinkedHashMap<String, Object>();
    data.put("refused", true);
    data.put("kind", last.kind().text());
    data.put("what", what);
    data.put("at", last.at().toString());
    data.put("times", last.times());
    last.text("vm").ifPresent(vm -> data.put("vm", vm));
    rule.ifPresent(r -> data.put("rule", r));
    fix.ifPresent(f -> data.put("ask_for", f));
    data.put("earlier", (long) refusals.size() - 1);
    return new Answer(
        "%s at %s%s: %s%s"
            .formatted(
                last.kind().text(),
                last.at(),
                last.times() > 1 ? ", " + last.times() + " times" : "",
                what,
                asking(fix)),
        data);
  }

  private static String asking(Optional<String> fix) {
    return fix.map(f -> "\nAsk whoever runs this server for: " + f)
        .orElse("\nNo rule would allow it, or none is known.");
  }

  private static String cut(String text) {
    String shown = Printable.of(text);
    return shown.length() > MOST_TEXT ? shown.substring(0, MOST_TEXT) + "..." : shown;
  }
}
