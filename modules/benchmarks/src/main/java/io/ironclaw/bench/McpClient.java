package io.ironclaw.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** As little of an MCP client as can call one tool: JSON-RPC, one message a line, over stdio. */
final class McpClient implements AutoCloseable {
  private static final JsonFactory JSON = new JsonFactory();
  private static final String PROTOCOL = "2025-06-18";

  private final Process server;
  private final OutputStream out;
  private final BufferedReader in;
  private int nextId = 1;

  private McpClient(Process server) {
    this.server = server;
    this.out = server.getOutputStream();
    this.in = server.inputReader(StandardCharsets.UTF_8);
  }

  /** Starts {@code ironclaw mcp stdio} and shakes hands. */
  static McpClient start(Path launcher) throws IOException {
    var server =
        new ProcessBuilder(launcher.toString(), "mcp", "stdio")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    var client = new McpClient(server);
    try {
      client.request(
          "initialize",
          "{\"protocolVersion\":\"%s\",\"capabilities\":{},\"clientInfo\":{\"name\":\"bench\",\"version\":\"1\"}}"
              .formatted(PROTOCOL));
      client.send("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
      return client;
    } catch (IOException e) {
      client.close();
      throw e;
    }
  }

  /** Calls {@code exec} with /bin/true; from the request to its answer, in ms. */
  double exec() throws IOException {
    long start = System.nanoTime();
    request("tools/call", "{\"name\":\"exec\",\"arguments\":{\"argv\":[\"/bin/true\"]}}");
    return Lab.millisSince(start);
  }

  private void request(String method, String params) throws IOException {
    int id = nextId++;
    send(
        "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}"
            .formatted(id, method, params));
    while (true) {
      var line = in.readLine();
      if (line == null) {
        throw new IOException("ironclaw mcp stdio ended before it answered " + method);
      }
      if (answers(line, id)) {
        return;
      }
    }
  }

  private void send(String message) throws IOException {
    out.write((message + "\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  /** Whether a message is the answer to this request; an answer that is an error is thrown. */
  private static boolean answers(String line, int id) throws IOException {
    boolean ours = false;
    boolean failed = false;
    try (var json = JSON.createParser(ObjectReadContext.empty(), line)) {
      int depth = 0;
      for (var token = json.nextToken(); token != null; token = json.nextToken()) {
        if (token.isStructStart()) {
          depth++;
        } else if (token.isStructEnd()) {
          depth--;
        } else if (token == JsonToken.PROPERTY_NAME) {
          var name = json.currentName();
          ours |= depth == 1 && name.equals("id") && nextIs(json, id);
          failed |= depth == 1 && name.equals("error");
          failed |=
              depth == 2 && name.equals("isError") && json.nextToken() == JsonToken.VALUE_TRUE;
        }
      }
    }
    if (ours && failed) {
      throw new IOException("MCP call failed: " + line);
    }
    return ours;
  }

  private static boolean nextIs(JsonParser json, int id) {
    return json.nextToken() == JsonToken.VALUE_NUMBER_INT && json.getIntValue() == id;
  }

  @Override
  public void close() throws IOException {
    out.close();
    try {
      if (!server.waitFor(5, TimeUnit.SECONDS)) {
        server.descendants().forEach(ProcessHandle::destroyForcibly);
        server.destroyForcibly();
      }
    } catch (InterruptedException _) {
      server.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
