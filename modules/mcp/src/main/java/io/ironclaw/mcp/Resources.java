package io.ironclaw.mcp;

import io.ironclaw.api.AuditEntry;
import io.ironclaw.api.AuditTrail;
import io.ironclaw.api.Printable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a client can read: the audit of this session. */
final class Resources {
  static final String SESSION = "audit://session";

  /** No resource of this name (revisions up to 2025-11-25). */
  private static final int NOT_FOUND = -32_002;

  private static final int MOST_JSON = 36_000;

  private final AuditTrail trail;

  Resources(AuditTrail trail) {
    this.trail = trail;
  }

  static Map<String, Object> list() {
    var session = new LinkedHashMap<String, Object>();
    session.put("uri", SESSION);
    session.put("name", "audit-session");
    session.put("title", "Audit of this session");
    session.put(
        "description",
        "What was run, copied, refused and lost in this session, the newest that fit; secrets are"
            + " masked.");
    session.put("mimeType", "application/json");
    return Map.of("resources", List.of(session));
  }

  /** There are none. */
  static Map<String, Object> templates() {
    return Map.of("resourceTemplates", List.of());
  }

  Map<String, Object> read(Map<?, ?> params) throws JsonRpc.RefusedException {
    if (!(params.get("uri") instanceof String uri)) {
      throw new JsonRpc.RefusedException(
          JsonRpc.INVALID_PARAMS, "resources/read without the uri of a resource");
    }
    if (!uri.equals(SESSION)) {
      throw new JsonRpc.RefusedException(
          NOT_FOUND, "resource not found: " + Printable.line(uri) + "; there is " + SESSION);
    }
    var contents = new LinkedHashMap<String, Object>();
    contents.put("uri", uri);
    contents.put("mimeType", "application/json");
    contents.put("text", session());
    return Map.of("contents", List.of(contents));
  }

  /** The newest entries that fit, the oldest of them first. */
  private String session() {
    var kept = new ArrayDeque<Object>();
    var all = trail.recent();
    int left = MOST_JSON;
    for (var entry : all.reversed()) {
      var shown = shown(entry);
      // As text in JSON, each of its quotes takes two characters more.
      left -= JsonText.length(JsonText.write(shown));
      if (left < 0) {
        break;
      }
      kept.addFirst(shown);
    }
    var dropped = new TreeMap<String, Object>();
    trail.dropped().forEach((kind, times) -> dropped.put(kind.text(), times));
    var session = new LinkedHashMap<String, Object>();
    session.put("left_out", (long) all.size() - kept.size());
    session.put("dropped", dropped);
    session.put("entries", new ArrayList<>(kept));
    return JsonText.write(session);
  }

  private static Map<String, Object> shown(AuditEntry entry) {
    var shown = new LinkedHashMap<String, Object>();
    shown.put("at", entry.at().toString());
    shown.put("kind", entry.kind().text());
    if (entry.times() > 1) {
      shown.put("times", entry.times());
    }
    shown.putAll(entry.data());
    return shown;
  }
}
