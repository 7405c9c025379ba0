package io.ironclaw.attacks.m;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.Sandbox;
import io.ironclaw.attacks.Victims;
import io.ironclaw.mcp.McpStdioServer;
import io.ironclaw.sandbox.LocalIronClaw;
import io.ironclaw.tool.Session;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A hostile MCP client against the server with real VMs. */
@Tag("vm")
@Timeout(120)
class ClientAttackTest {
  private static final String HELLO =
      "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
          + "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}";

  private final List<Sandbox> opened = new CopyOnWriteArrayList<>();

  private interface Client {
    void attack(OutputStream to, BufferedReader from) throws Exception;
  }

  /** Serves one client to its end. */
  private void serve(Client client) throws Exception {
    var requests = Pipe.open();
    var replies = Pipe.open();
    try (var ironclaw = LocalIronClaw.start(Victims.SETTINGS);
        var from =
            new BufferedReader(
                new InputStreamReader(
                    Channels.newInputStream(replies.source()), StandardCharsets.UTF_8))) {
      var session =
          new Session(
              () -> {
                var sandbox = ironclaw.open();
                opened.add(sandbox);
                return sandbox;
              },
              List.of());
      var server =
          Thread.ofPlatform()
              .daemon()
              .start(() ->
                  McpStdioServer.serve(
                      session,
                      GuestSeccomp.BASIC,
                      new McpStdioServer.Description("1", Optional.empty(), Optional.empty()),
                      McpStdioServer.Witness.NONE,
                      Channels.newInputStream(requests.source()),
                      Channels.newOutputStream(replies.sink())));
      try (var to = Channels.newOutputStream(requests.sink())) {
        send(to, HELLO);
        assertThat(answer(from).at("/result/serverInfo/name").asString()).isEqualTo("ironclaw");
        client.attack(to, from);
      }
      server.join(20_000);
      assertThat(server.isAlive()).isFalse();
      assertThat(opened).noneMatch(Sandbox::isOpen);
    }
  }

  private static void send(OutputStream to, String line) throws Exception {
    to.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    to.flush();
  }

  private static JsonNode answer(BufferedReader from) throws Exception {
    return JsonMapper.shared().readTree(from.readLine());
  }

  @Test
  void m1_every_malformed_message_gets_an_error_and_the_server_goes_on() throws Exception {
    serve((to, from) -> {
      for (var line :
          List.of(
              "[".repeat(100_000),
              "{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
              "{\"jsonrpc\":\"2.0\",\"id\":NaN,\"method\":\"ping\"}",
              "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\ud800\"}",
              "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]",
              "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
              "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}",
              "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"no/such\"}",
              "x".repeat(17 << 20))) {
        send(to, line);
        assertThat(answer(from).has("error"))
            .as(line.substring(0, Math.min(60, line.length())))
            .isTrue();
      }
      for (int i = 0; i < 10_000; i++) {
        send(to, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/nothing\"}");
      }
      send(to, "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}\r");
      assertThat(answer(from).get("id").asInt()).isEqualTo(9);
    });
    assertThat(opened).isEmpty();
  }

  @Test
  void m2_a_client_that_goes_away_in_the_middle_of_a_call_leaves_no_vm() throws Exception {
    serve((to, from) -> {
      send(
          to,
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"exec\","
              + "\"arguments\":{\"command\":\"echo there\"}}}");
      assertThat(answer(from).toString()).contains("there");
      send(
          to,
          "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"exec\","
              + "\"arguments\":{\"command\":\"sleep 1000\"}}}");
    });
    assertThat(opened).hasSize(1);
    assertThat(Victims.folder(opened.getFirst())).doesNotExist();
  }
}
