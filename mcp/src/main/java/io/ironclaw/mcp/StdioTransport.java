package io.ironclaw.mcp;

import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.ErrorCodes;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpServerSession;
import io.modelcontextprotocol.spec.McpServerTransport;
import io.modelcontextprotocol.spec.McpServerTransportProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The SDK's transport over a pair of streams, one message a line. The SDK's own stdio transport
 * knows no cancellation, ends at the first line that is not JSON, leaves a request that is too long
 * without an answer and hands each message from thread to thread; this one does not:
 *
 * <ul>
 *   <li>the thread in {@link #run} reads, and handles everything but tool calls itself;
 *   <li>each tool call has a virtual thread of its own, up to the write of its answer;
 *   <li>{@code notifications/cancelled} reaches the {@link ActiveCall}, whose answer is then
 *       dropped, as the protocol wants it;
 *   <li>a line that is no message, or too long a one, is answered with an error.
 * </ul>
 */
final class StdioTransport implements McpServerTransportProvider {
  /** The longest message: 12 MiB of file content in base64. */
  static final int MOST_LINE_BYTES = 16 << 20;

  private static final String CANCELLED = "notifications/cancelled";

  private final McpJsonMapper mapper;
  private final MessageWriter writer;
  private final ActiveCalls calls;
  private Optional<McpServerSession> session = Optional.empty();
  private boolean initialized;

  StdioTransport(McpJsonMapper mapper, OutputStream out, ActiveCalls calls) {
    this.mapper = mapper;
    this.writer = new MessageWriter(mapper, out);
    this.calls = calls;
  }

  @Override
  public void setSessionFactory(McpServerSession.Factory factory) {
    session = Optional.of(factory.create(new SessionTransport()));
  }

  /** Reads and handles messages until the client closes its end. */
  void run(InputStream in) throws IOException {
    var served = session.orElseThrow(() -> new IllegalStateException("no server was built"));
    var lines = new InputLines(in, MOST_LINE_BYTES);
    while (true) {
      switch (lines.next()) {
        case InputLines.Line.Whole(var bytes) -> receive(served, bytes);
        case InputLines.Line.TooLong(var content) ->
            refuse(
                LongMessage.requestId(content),
                ErrorCodes.INVALID_REQUEST,
                "message is longer than " + MOST_LINE_BYTES + " bytes; send it in parts");
        case InputLines.Line.End() -> {
          return;
        }
      }
    }
  }

  private void receive(McpServerSession served, byte[] line) {
    if (isBlank(line)) {
      return;
    }
    Object json;
    try {
      json = mapper.readValue(line, Object.class);
    } catch (IOException e) {
      var cause = Optional.ofNullable(e.getCause()).orElse(e);
      var reason = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
      refuse(Optional.empty(), ErrorCodes.PARSE_ERROR, "line is not JSON: " + reason);
      return;
    }
    if (!(json instanceof Map<?, ?> message)) {
      refuse(
          Optional.empty(),
          ErrorCodes.INVALID_REQUEST,
          "message is not a JSON object; batches ended with protocol revision 2025-06-18");
      return;
    }
    Optional<Object> id = Optional.ofNullable(message.get("id"));
    Object params = message.get("params");
    if (message.get("method") instanceof String method) {
      if (!message.containsKey("id")) {
        notified(served, method, params);
      } else if (id.isPresent() && isRequestId(id.get())) {
        requested(served, new JSONRPCRequest(method, id.get(), params));
      } else {
        refuse(
            Optional.empty(), ErrorCodes.INVALID_REQUEST, "request id is not a string or integer");
      }
    } else if (!message.containsKey("result") && !message.containsKey("error")) {
      refuse(
          id.filter(StdioTransport::isRequestId),
          ErrorCodes.INVALID_REQUEST,
          "message is neither a request, a notification nor a response");
    }
    // What is left is a response, and this server asks its client nothing.
  }

  private static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\r' && b != '\t') {
        return false;
      }
    }
    return true;
  }

  private static boolean isRequestId(Object id) {
    return id instanceof String || id instanceof Integer || id instanceof Long;
  }

  private void notified(McpServerSession served, String method, @Nullable Object params) {
    switch (method) {
      case McpSchema.METHOD_NOTIFICATION_INITIALIZED -> {
        initialized = true;
        pass(served, new JSONRPCNotification(method, params));
      }
      case CANCELLED -> {
        if (params instanceof Map<?, ?> map && map.get("requestId") instanceof Object id) {
          calls.find(id).ifPresent(ActiveCall::cancel);
        }
      }
      // The rest is about things that this server does not use: roots, tasks, the client's own
      // progress.
      default -> {}
    }
  }

  private void requested(McpServerSession served, JSONRPCRequest request) {
    switch (request.method()) {
      case McpSchema.METHOD_INITIALIZE -> pass(served, request);
      // The SDK would hold it back until the client is initialized.
      case McpSchema.METHOD_PING -> send(JSONRPCResponse.result(request.id(), Map.of()));
      case String _ when !initialized ->
          refuse(
              Optional.of(request.id()),
              ErrorCodes.INVALID_REQUEST,
              request.method()
                  + " came before the session was initialized; send initialize, then"
                  + " notifications/initialized");
      case McpSchema.METHOD_TOOLS_CALL -> call(served, request);
      default -> pass(served, request);
    }
  }

  private void call(McpServerSession served, JSONRPCRequest request) {
    switch (calls.start(request.id())) {
      case ActiveCalls.Admission.Refused(var why) ->
          refuse(Optional.of(request.id()), ErrorCodes.INVALID_REQUEST, why);
      case ActiveCalls.Admission.Started(var call) ->
          Thread.ofVirtual().name("mcp-call-" + request.id()).start(() -> run(served, request, call));
    }
  }

  private static void run(McpServerSession served, JSONRPCRequest request, ActiveCall call) {
    try (call) {
      served
          .handle(request)
          .contextWrite(
              context ->
                  context.put(
                      McpTransportContext.KEY,
                      McpTransportContext.create(Map.of(ActiveCall.KEY, call))))
          .onErrorComplete(IOException.class)
          .block();
    }
  }

  private static void pass(McpServerSession served, JSONRPCMessage message) {
    served.handle(message).onErrorComplete(IOException.class).block();
  }

  private void refuse(Optional<Object> id, int code, String why) {
    var error = new JSONRPCResponse.JSONRPCError(code, why);
    send(new JSONRPCResponse(McpSchema.JSONRPC_VERSION, id.orElse(null), null, error));
  }

  private void send(JSONRPCMessage message) {
    try {
      writer.write(message);
    } catch (IOException _) {
      // The client has gone, or goes: its end of stdin says so.
    }
  }

  @Override
  public Mono<Void> notifyClients(String method, Object params) {
    return Mono.justOrEmpty(session).flatMap(served -> served.sendNotification(method, params));
  }

  @Override
  public Mono<Void> closeGracefully() {
    return Mono.empty();
  }

  /** What the SDK's session writes through. */
  private final class SessionTransport implements McpServerTransport {
    @Override
    public Mono<Void> sendMessage(JSONRPCMessage message) {
      return Mono.defer(
          () -> {
            if (message instanceof JSONRPCResponse response
                && response.id() instanceof Object id
                && calls.find(id).filter(ActiveCall::isCancelled).isPresent()) {
              return Mono.empty();
            }
            try {
              writer.write(message);
              return Mono.empty();
            } catch (IOException e) {
              return Mono.error(e);
            }
          });
    }

    @Override
    public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
      return mapper.convertValue(data, type);
    }

    @Override
    public Mono<Void> closeGracefully() {
      return Mono.empty();
    }
  }
}
