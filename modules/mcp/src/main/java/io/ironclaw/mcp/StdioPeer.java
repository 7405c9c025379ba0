package io.ironclaw.mcp;

import io.ironclaw.api.Printable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Another MCP server, as a process that speaks over stdin and stdout. Everything it says is
 * untrusted: lines are bounded, its stderr is kept in a bounded excerpt, every wait has a deadline.
 */
final class StdioPeer implements AutoCloseable {
  private static final int MAX_LINE = 16 << 20;
  private static final int STDERR_BYTES = 8_192;
  private static final Duration GRACE = Duration.ofMillis(500);

  private final Process process;
  private final Excerpt stderr = new Excerpt(STDERR_BYTES);
  private final AtomicLong nextId = new AtomicLong(1);
  private final Map<Long, CompletableFuture<Map<?, ?>>> waiting = new ConcurrentHashMap<>();
  private final CompletableFuture<String> end = new CompletableFuture<>();
  private final CompletableFuture<Void> stderrEnd = new CompletableFuture<>();

  private StdioPeer(Process process) {
    this.process = process;
  }

  static StdioPeer start(List<String> command, Map<String, String> env) throws McpPeerException {
    Process process;
    try {
      var builder = new ProcessBuilder(command);
      builder.environment().clear();
      builder.environment().putAll(env);
      process = builder.start();
    } catch (IOException e) {
      throw new McpPeerException.NotStarted(
          Printable.of(String.join(" ", command)), String.valueOf(e.getMessage()));
    }
    var peer = new StdioPeer(process);
    Thread.ofVirtual().name("mcp-peer-stderr").start(peer::readStderr);
    Thread.ofVirtual().name("mcp-peer-stdout").start(peer::readStdout);
    return peer;
  }

  private void readStderr() {
    var buffer = new byte[4_096];
    try (var in = process.getErrorStream()) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        stderr.append(buffer, n);
      }
    } catch (IOException _) {
      // The process is gone; what it said is kept.
    } finally {
      stderrEnd.complete(null);
    }
  }

  private void readStdout() {
    String why = "it closed its stdout";
    var lines = new LineInput(process.getInputStream(), MAX_LINE);
    try {
      for (var line = lines.next(); line.isPresent(); line = lines.next()) {
        take(line.get());
      }
    } catch (IOException e) {
      why = "its stdout can't be used: " + e.getMessage();
    }
    end.complete(why);
    waiting.values().forEach(w -> w.cancel(false));
  }

  private void take(LineInput.Line line) throws IOException {
    switch (line) {
      case LineInput.Line.Text(String text) -> {
        if (!text.isBlank()) {
          take(text);
        }
      }
      case LineInput.Line.NoText() -> throw new IOException("it printed a line that is no UTF-8");
      case LineInput.Line.TooLong(int bound, var _) ->
          throw new IOException("it printed a line of over " + bound + " bytes");
    }
  }

  private void take(String line) throws IOException {
    if (!(parsed(line) instanceof Map<?, ?> message)) {
      throw new IOException("it printed a line that is no message: " + shown(line));
    }
    if (message.containsKey("method")) {
      if (message.containsKey("id")) {
        answer(message);
      }
      return;
    }
    if (message.get("id") instanceof Number id) {
      Optional.ofNullable(waiting.remove(id.longValue())).ifPresent(w -> w.complete(message));
    }
  }

  private static Object parsed(String line) throws IOException {
    try {
      return JsonText.parse(line);
    } catch (JsonText.BadJsonException e) {
      throw new IOException("it printed a line that is no JSON: " + shown(line), e);
    }
  }

  private static String shown(String line) {
    return Printable.of(line.length() > 120 ? line.substring(0, 120) + "..." : line);
  }

  /** Requests of the server: ping is answered, all else is refused. */
  private void answer(Map<?, ?> request) throws IOException {
    var reply = new LinkedHashMap<String, Object>();
    reply.put("jsonrpc", "2.0");
    reply.put("id", Optional.<Object>ofNullable(request.get("id")).orElse(JsonText.NULL));
    if ("ping".equals(request.get("method"))) {
      reply.put("result", Map.of());
    } else {
      reply.put("error", Map.of("code", -32_601, "message", "method not found"));
    }
    write(reply);
  }

  /** Sends a request and waits for its result. */
  Map<?, ?> request(String method, Map<String, Object> params, Duration deadline)
      throws McpPeerException, InterruptedException {
    long id = nextId.getAndIncrement();
    var reply = new CompletableFuture<Map<?, ?>>();
    waiting.put(id, reply);
    if (end.isDone()) {
      throw ended(method);
    }
    try {
      write(Map.of("jsonrpc", "2.0", "id", id, "method", method, "params", params));
      return result(method, reply.get(deadline.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException _) {
      throw new McpPeerException.Silent(method, deadline.toMillis(), tail());
    } catch (IOException | ExecutionException | java.util.concurrent.CancellationException _) {
      throw ended(method);
    } finally {
      waiting.remove(id);
    }
  }

  void notify(String method) throws McpPeerException, InterruptedException {
    try {
      write(Map.of("jsonrpc", "2.0", "method", method));
    } catch (IOException _) {
      throw ended(method);
    }
  }

  private Map<?, ?> result(String method, Map<?, ?> reply) throws McpPeerException {
    if (reply.get("error") instanceof Map<?, ?> error) {
      throw new McpPeerException.Refused(
          method, error.get("code") + " " + Printable.of("" + error.get("message")), tail());
    }
    if (reply.get("result") instanceof Map<?, ?> result) {
      return result;
    }
    throw new McpPeerException.Violation(method, "a reply with neither result nor error", tail());
  }

  private McpPeerException ended(String phase) throws InterruptedException {
    boolean exited = process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    if (exited) {
      // Its last words may still be on the way to us.
      await(CompletableFuture.allOf(end, stderrEnd));
    }
    String why = end.getNow("it closed its stdin");
    return new McpPeerException.Ended(
        phase, exited ? why + " and ended with status " + process.exitValue() : why, tail());
  }

  private static void await(CompletableFuture<Void> last) throws InterruptedException {
    try {
      last.get(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException _) {
      // A process that it left behind holds its pipes: what has come so far is told.
    }
  }

  private String tail() {
    return String.join("\n", stderr.text().lines().map(Printable::of).toList());
  }

  private synchronized void write(Map<String, Object> message) throws IOException {
    var out = process.getOutputStream();
    out.write(JsonText.write(message).concat("\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  /** Closes its stdin, which is its sign to end; kills it if it does not. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(GRACE.toMillis() * 4, TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException _) {
      process.destroyForcibly();
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
