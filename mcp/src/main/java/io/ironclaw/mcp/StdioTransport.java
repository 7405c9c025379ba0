package io.ironclaw.mcp;

import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpServerSession;
import io.modelcontextprotocol.spec.McpServerTransport;
import io.modelcontextprotocol.spec.McpServerTransportProvider;
import io.modelcontextprotocol.spec.ProtocolVersions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import reactor.core.publisher.Mono;

/**
 * MCP over stdin and stdout (Model Context Protocol 2025-11-25, Transports, stdio): one JSON-RPC
 * message a line.
 *
 * <p>In place of the SDK's own transport, because that one knows no cancellation: here each request
 * runs on a virtual thread of its own with a {@link Call} that {@code notifications/cancelled}
 * finds (Utilities, Cancellation), and a cancelled request is not answered.
 */
final class StdioTransport implements McpServerTransportProvider {
  /** The longest message taken, in bytes. */
  static final int MAX_LINE = 16 << 20;

  private static final int PARSE_ERROR = -32_700;
  private static final int INVALID_REQUEST = -32_600;

  private final McpJsonMapper json;
  private final LineInput in;
  private final OutputStream out;
  private final ReentrantLock writing = new ReentrantLock();
  private final Map<Object, Call> calls = new ConcurrentHashMap<>();
  private Optional<McpServerSession> session = Optional.empty();

  StdioTransport(McpJsonMapper json, InputStream in, OutputStream out) {
    this.json = json;
    this.in = new LineInput(in, MAX_LINE);
    this.out = out;
  }

  @Override
  public void setSessionFactory(McpServerSession.Factory factory) {
    session = Optional.of(factory.create(new Line()));
  }

  /** Serves until the client closes its end. */
  void run() {
    var serving = session.orElseThrow(() -> new IllegalStateException("no server was built"));
    while (true) {
      try {
        var line = in.next();
        if (line.isEmpty()) {
          return;
        }
        if (!line.get().isBlank()) {
          take(serving, line.get());
        }
      } catch (LineInput.TooLongException e) {
        refuse(INVALID_REQUEST, "message refused: " + e.getMessage());
      } catch (IOException _) {
        // The client's end is broken: as good as closed.
        return;
      }
    }
  }

  private void take(McpServerSession serving, String line) {
    McpSchema.JSONRPCMessage message;
    try {
      message = McpSchema.deserializeJsonRpcMessage(json, line);
    } catch (IOException | RuntimeException e) {
      // The JSON library and the SDK throw unchecked exceptions for what a peer may send.
      refuse(PARSE_ERROR, "message refused: it is no JSON-RPC message");
      return;
    }
    switch (message) {
      case McpSchema.JSONRPCRequest request -> request(serving, request);
      case McpSchema.JSONRPCNotification n when n.method().equals("notifications/cancelled") ->
          cancel(n);
      default -> handle(serving, message);
    }
  }

  private void request(McpServerSession serving, McpSchema.JSONRPCRequest request) {
    var call = new Call();
    if (calls.putIfAbsent(request.id(), call) != null) {
      refuse(INVALID_REQUEST, "request refused: its id is in use by another");
      return;
    }
    if (request.method().equals("initialize")) {
      handle(serving, request);
      return;
    }
    Thread.ofVirtual()
        .name("mcp-call")
        .start(() -> ScopedValue.where(Call.CURRENT, call).run(() -> handle(serving, request)));
  }

  private static void handle(McpServerSession serving, McpSchema.JSONRPCMessage message) {
    try {
      serving.handle(message).block();
    } catch (RuntimeException e) {
      // One message must not end the session; the SDK has answered what can be answered.
      System.err.println("ironclaw: message failed: " + e);
    }
  }

  private void cancel(McpSchema.JSONRPCNotification notification) {
    if (notification.params() instanceof Map<?, ?> params) {
      Optional.ofNullable(params.get("requestId"))
          .flatMap(id -> Optional.ofNullable(calls.get(id)))
          .ifPresent(Call::cancel);
    }
  }

  /** Cancels whatever still runs. */
  void cancelAll() {
    calls.values().forEach(Call::cancel);
  }

  private void refuse(int code, String why) {
    try {
      write(
          "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":"
              + code
              + ",\"message\":\""
              + why
              + "\"}}");
    } catch (IOException _) {
      // Nobody listens; the reader will see the end.
    }
  }

  private void write(String line) throws IOException {
    var bytes = line.concat("\n").getBytes(StandardCharsets.UTF_8);
    writing.lock();
    try {
      out.write(bytes);
      out.flush();
    } finally {
      writing.unlock();
    }
  }

  private void send(McpSchema.JSONRPCMessage message) {
    if (message instanceof McpSchema.JSONRPCResponse response) {
      var call =
          Optional.ofNullable(response.id()).flatMap(id -> Optional.ofNullable(calls.remove(id)));
      if (call.isPresent() && call.get().isCancelled()) {
        return;
      }
    }
    try {
      write(json.writeValueAsString(message));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("the client is gone", e);
    }
  }

  @Override
  public Mono<Void> notifyClients(String method, Object params) {
    return Mono.justOrEmpty(session).flatMap(s -> s.sendNotification(method, params));
  }

  @Override
  public Mono<Void> closeGracefully() {
    return Mono.empty();
  }

  @Override
  public List<String> protocolVersions() {
    return List.of(
        ProtocolVersions.MCP_2024_11_05,
        ProtocolVersions.MCP_2025_03_26,
        ProtocolVersions.MCP_2025_06_18,
        ProtocolVersions.MCP_2025_11_25);
  }

  /** The SDK's way to the client. */
  private final class Line implements McpServerTransport {
    @Override
    public Mono<Void> sendMessage(McpSchema.JSONRPCMessage message) {
      return Mono.fromRunnable(() -> send(message));
    }

    @Override
    public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
      return json.convertValue(data, type);
    }

    @Override
    public Mono<Void> closeGracefully() {
      return Mono.empty();
    }

    @Override
    public List<String> protocolVersions() {
      return StdioTransport.this.protocolVersions();
    }
  }
}
