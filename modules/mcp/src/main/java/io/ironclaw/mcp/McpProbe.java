package io.ironclaw.mcp;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tries out any MCP server: handshake, tools, and one call if asked for. */
public final class McpProbe {
  private static final int MOST_PAGES = 100;

  private static final String REVISION = "2025-11-25";

  private final Map<String, String> env;

  /** For servers that get this process's environment. */
  public McpProbe() {
    this(System.getenv());
  }

  /**
   * @param env the environment of the servers
   */
  public McpProbe(Map<String, String> env) {
    this.env = Map.copyOf(env);
  }

  /** A tool to call, with its arguments as a JSON object. */
  public record ToolCall(String tool, String argumentsJson) {}

  /** A tool as its server describes it (untrusted text). */
  public record ToolSummary(String name, String description, List<String> arguments) {
    public ToolSummary {
      arguments = List.copyOf(arguments);
    }
  }

  /** What a call gave (untrusted text). */
  public record CallReport(String text, boolean isError) {}

  /** One step and what it took. */
  public record Step(String name, Duration took) {}

  /** What was found. */
  public record Report(
      String serverName,
      String serverVersion,
      String protocolVersion,
      List<ToolSummary> tools,
      Optional<CallReport> call,
      List<Step> steps) {
    public Report {
      tools = List.copyOf(tools);
      steps = List.copyOf(steps);
    }
  }

  /**
   * Starts a server, tries it and ends it.
   *
   * @param deadline for each answer
   * @throws IllegalArgumentException if the call's arguments are no JSON object
   */
  public Report run(List<String> command, Optional<ToolCall> call, Duration deadline)
      throws McpPeerException, InterruptedException {
    var arguments =
        call.isPresent() ? object(call.get().argumentsJson()) : Map.<String, Object>of();
    var steps = new ArrayList<Step>();
    long mark = System.nanoTime();
    try (var peer = StdioPeer.start(command, env)) {
      var hello =
          peer.request(
              "initialize",
              Map.of(
                  "protocolVersion",
                  REVISION,
                  "capabilities",
                  Map.of(),
                  "clientInfo",
                  Map.of("name", "ironclaw test-mcp", "version", "1")),
              deadline);
      if (!(hello.get("protocolVersion") instanceof String protocol)) {
        throw new McpPeerException.Violation("initialize", "a result without protocolVersion", "");
      }
      peer.notify("notifications/initialized");
      mark = step(steps, "initialize", mark);
      var tools = tools(peer, deadline);
      mark = step(steps, "tools/list", mark);
      Optional<CallReport> report = Optional.empty();
      if (call.isPresent()) {
        report = Optional.of(called(peer, call.get().tool(), arguments, deadline));
        step(steps, "tools/call " + call.get().tool(), mark);
      }
      var info = hello.get("serverInfo") instanceof Map<?, ?> map ? map : Map.of();
      return new Report(text(info, "name"), text(info, "version"), protocol, tools, report, steps);
    }
  }

  private static long step(List<Step> steps, String name, long since) {
    long now = System.nanoTime();
    steps.add(new Step(name, Duration.ofNanos(now - since)));
    return now;
  }

  private static List<ToolSummary> tools(StdioPeer peer, Duration deadline)
      throws McpPeerException, InterruptedException {
    var tools = new ArrayList<ToolSummary>();
    var params = Map.<String, Object>of();
    for (int page = 0; page < MOST_PAGES; page++) {
      var result = peer.request("tools/list", params, deadline);
      if (!(result.get("tools") instanceof List<?> list)) {
        throw new McpPeerException.Violation("tools/list", "a result without tools", "");
      }
      for (var item : list) {
        if (!(item instanceof Map<?, ?> tool && tool.get("name") instanceof String name)) {
          throw new McpPeerException.Violation("tools/list", "a tool without a name", "");
        }
        if (!(tool.get("inputSchema") instanceof Map<?, ?> schema)
            || !"object".equals(schema.get("type"))) {
          throw new McpPeerException.Violation(
              "tools/list", "tool " + name + " has no input schema of type object", "");
        }
        tools.add(new ToolSummary(name, text(tool, "description"), names(schema)));
      }
      if (!(result.get("nextCursor") instanceof String cursor)) {
        return tools;
      }
      params = Map.of("cursor", cursor);
    }
    throw new McpPeerException.Violation("tools/list", "over " + MOST_PAGES + " pages", "");
  }

  private static List<String> names(Map<?, ?> schema) {
    var names = new ArrayList<String>();
    if (schema.get("properties") instanceof Map<?, ?> properties) {
      properties.keySet().forEach(k -> names.add(String.valueOf(k)));
    }
    return names;
  }

  private static CallReport called(
      StdioPeer peer, String tool, Map<String, Object> arguments, Duration deadline)
      throws McpPeerException, InterruptedException {
    var result = peer.request("tools/call", Map.of("name", tool, "arguments", arguments), deadline);
    var text = new StringBuilder();
    if (result.get("content") instanceof List<?> content) {
      for (var item : content) {
        if (item instanceof Map<?, ?> map) {
          text.append(
              "text".equals(map.get("type")) ? text(map, "text") : "[" + map.get("type") + "]");
        }
      }
    }
    return new CallReport(text.toString(), Boolean.TRUE.equals(result.get("isError")));
  }

  private static Map<String, Object> object(String text) {
    try {
      var map = new LinkedHashMap<String, Object>();
      if (JsonText.parse(text) instanceof Map<?, ?> parsed) {
        parsed.forEach((k, v) -> map.put(String.valueOf(k), v));
        return map;
      }
    } catch (JsonText.BadJsonException _) {
      // Told below, as any other value that is no object.
    }
    throw new IllegalArgumentException("the call's arguments are no JSON object: " + text);
  }

  private static String text(Map<?, ?> map, String key) {
    return map.get(key) instanceof String s ? s : "";
  }
}
