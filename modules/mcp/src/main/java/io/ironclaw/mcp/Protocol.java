package io.ironclaw.mcp;

import io.ironclaw.api.Event;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.Printable;
import io.ironclaw.tool.Call;
import io.ironclaw.tool.Calls;
import io.ironclaw.tool.Progress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The Model Context Protocol's messages (revision 2025-11-25 and those before it), for one client.
 * Every request gets an answer, unless it was cancelled; every message that is none gets an error.
 * One thread brings the lines.
 */
final class Protocol {
  private static final String LATEST = "2025-11-25";

  /**
   * The revisions that are agreed to. A client that asks for 2025-03-26 gets the one before it,
   * which every such client knows too: that revision alone has batches of messages.
   */
  private static final Map<String, String> AGREED =
      Map.of(
          LATEST,
          LATEST,
          "2025-06-18",
          "2025-06-18",
          "2025-03-26",
          "2024-11-05",
          "2024-11-05",
          "2024-11-05");

  private final StdioTransport transport;
  private final ToolCalls tools;
  private final Resources resources;
  private final EventSink events;
  private final McpStdioServer.Description description;
  private final Calls calls = new Calls();
  private boolean initialized;

  Protocol(
      StdioTransport transport,
      ToolCalls tools,
      Resources resources,
      EventSink events,
      McpStdioServer.Description description) {
    this.transport = transport;
    this.tools = tools;
    this.resources = resources;
    this.events = events;
    this.description = description;
    this.initialized = description.initialized().isPresent();
  }

  void take(LineInput.Line line) {
    switch (line) {
      case LineInput.Line.Text(String text) -> takeText(text);
      case LineInput.Line.NoText() ->
          refuse(Optional.empty(), JsonRpc.PARSE_ERROR, "message refused: it is no UTF-8");
      case LineInput.Line.TooLong(int bound, var id) ->
          refuse(
              id,
              JsonRpc.INVALID_REQUEST,
              "message refused: it has over "
                  + bound
                  + " bytes; write large content to files in parts");
    }
  }

  private void takeText(String text) {
    Object value;
    try {
      value = JsonText.parse(text);
    } catch (JsonText.BadJsonException e) {
      var scanner = new IdScanner();
      var bytes = text.getBytes(StandardCharsets.UTF_8);
      scanner.take(bytes, 0, bytes.length);
      refuse(
          scanner.id(),
          JsonRpc.PARSE_ERROR,
          "message refused: it is no JSON that can be read: "
              + Printable.line(String.valueOf(e.getMessage())));
      return;
    }
    if (!(value instanceof Map<?, ?> message)) {
      refuse(
          Optional.empty(),
          JsonRpc.INVALID_REQUEST,
          "message refused: it is no object; batches are not part of this protocol revision");
      return;
    }
    takeMessage(message, text.length());
  }

  private void takeMessage(Map<?, ?> message, int size) {
    boolean hasId = message.containsKey("id");
    var id = Optional.ofNullable(message.get("id")).flatMap(JsonRpc::id);
    if (!(message.get("method") instanceof String method)) {
      if (!message.containsKey("result") && !message.containsKey("error")) {
        refuse(id, JsonRpc.INVALID_REQUEST, "message refused: it has no method");
      }
      return;
    }
    if (!"2.0".equals(message.get("jsonrpc"))) {
      refuse(id, JsonRpc.INVALID_REQUEST, "message refused: jsonrpc is not \"2.0\"");
    } else if (!hasId) {
      notified(method, message);
    } else if (id.isEmpty()) {
      refuse(id, JsonRpc.INVALID_REQUEST, "message refused: its id is no string or whole number");
    } else {
      request(id.get(), method, message, size);
    }
  }

  private void notified(String method, Map<?, ?> message) {
    if (method.equals("notifications/cancelled")
        && message.get("params") instanceof Map<?, ?> params) {
      Optional.ofNullable(params.get("requestId")).flatMap(JsonRpc::id).ifPresent(calls::cancel);
    }
  }

  private void request(Object id, String method, Map<?, ?> message, int size) {
    try {
      var params = params(message);
      switch (method) {
        case "initialize" -> transport.send(JsonRpc.result(id, initialize(params)));
        case "ping" -> transport.send(JsonRpc.result(id, Map.of()));
        case "tools/list" -> {
          requireInitialized(method);
          if (params.containsKey("cursor") && !JsonText.NULL.equals(params.get("cursor"))) {
            throw new JsonRpc.RefusedException(
                JsonRpc.INVALID_PARAMS, "there is one page of tools, and no cursor was given out");
          }
          transport.send(JsonRpc.result(id, ToolList.result()));
        }
        case "tools/call" -> {
          requireInitialized(method);
          call(id, params, size);
        }
        case "resources/list" -> {
          requireInitialized(method);
          transport.send(JsonRpc.result(id, Resources.list()));
        }
        case "resources/templates/list" -> {
          requireInitialized(method);
          transport.send(JsonRpc.result(id, Resources.templates()));
        }
        case "resources/read" -> {
          requireInitialized(method);
          transport.send(JsonRpc.result(id, resources.read(params)));
        }
        default ->
            throw new JsonRpc.RefusedException(
                JsonRpc.METHOD_NOT_FOUND, "method not found: " + Printable.line(method));
      }
    } catch (JsonRpc.RefusedException e) {
      refuse(Optional.of(id), e.code(), String.valueOf(e.getMessage()));
    }
  }

  private static Map<?, ?> params(Map<?, ?> message) throws JsonRpc.RefusedException {
    var params = message.get("params");
    if (params == null) {
      return Map.of();
    }
    if (params instanceof Map<?, ?> map) {
      return map;
    }
    throw new JsonRpc.RefusedException(JsonRpc.INVALID_PARAMS, "params is no object");
  }

  private void requireInitialized(String method) throws JsonRpc.RefusedException {
    if (!initialized) {
      throw new JsonRpc.RefusedException(
          JsonRpc.INVALID_REQUEST, method + " before initialize: initialize first");
    }
  }

  private Map<String, Object> initialize(Map<?, ?> params) throws JsonRpc.RefusedException {
    if (!(params.get("protocolVersion") instanceof String wanted)) {
      throw new JsonRpc.RefusedException(
          JsonRpc.INVALID_PARAMS, "initialize without a protocolVersion");
    }
    if (initialized) {
      throw new JsonRpc.RefusedException(JsonRpc.INVALID_REQUEST, "initialized already");
    }
    initialized = true;
    if (params.get("clientInfo") instanceof Map<?, ?> client) {
      events.publish(new Event.ClientNamed(word(client.get("name")), word(client.get("version"))));
    }
    var capabilities = new LinkedHashMap<String, Object>();
    capabilities.put("tools", Map.of());
    capabilities.put("resources", Map.of());
    var info = new LinkedHashMap<String, Object>();
    info.put("name", "ironclaw");
    info.put("title", "IronClaw");
    info.put("version", description.version());
    var result = new LinkedHashMap<String, Object>();
    result.put("protocolVersion", AGREED.getOrDefault(wanted, LATEST));
    result.put("capabilities", capabilities);
    result.put("serverInfo", info);
    result.put("instructions", instructions());
    return result;
  }

  /** As a client claims it. */
  private static String word(@Nullable Object claimed) {
    return claimed instanceof String text ? Printable.line(text) : "(unnamed)";
  }

  private String instructions() {
    String text = ToolList.instructions();
    return description.isolation().map(isolation -> text + " " + isolation).orElse(text);
  }

  private void call(Object id, Map<?, ?> params, int size) throws JsonRpc.RefusedException {
    var request = ToolCalls.Request.of(params);
    var tool = tools.find(request.name());
    var refused =
        calls.start(
            id,
            size,
            call -> {
              var result = tools.call(tool, request, progress(request, call));
              if (call.answer()) {
                calls.end(call);
                transport.send(JsonRpc.result(id, result));
              }
            });
    if (refused.isPresent()) {
      String why = "request refused: " + refused.get();
      // An answer with an id that is in use would be taken for the other request's.
      refuse(calls.isOpen(id) ? Optional.empty() : Optional.of(id), JsonRpc.INVALID_REQUEST, why);
    }
  }

  private Progress progress(ToolCalls.Request request, Call call) {
    if (request.progressToken().isEmpty()) {
      return Progress.NONE;
    }
    return (amount, message) -> {
      if (call.isOpen()) {
        var params = new LinkedHashMap<String, Object>();
        params.put("progressToken", request.progressToken().get());
        params.put("progress", amount);
        params.put("message", message);
        transport.send(JsonRpc.notification("notifications/progress", params));
      }
    };
  }

  private void refuse(Optional<Object> id, int code, String why) {
    transport.send(JsonRpc.error(id, code, why));
  }

  /** Lets what runs end, for so long, and cancels the rest. */
  void end(Duration limit) {
    try {
      calls.drain(limit);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
