package io.ironclaw.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.AuditEntry;
import io.ironclaw.api.AuditKind;
import io.ironclaw.api.AuditTrail;
import io.ironclaw.api.Event;
import io.ironclaw.api.FileEntry;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.HostException;
import io.ironclaw.tool.Calls;
import io.ironclaw.tool.Session;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The server over pipes, with a VM that is a fake: what it says to well and badly formed lines. */
@Timeout(60)
class McpStdioServerTest {
  private static final String HELLO =
      "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
          + "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}";

  private final List<FakeSandbox> opened = new java.util.concurrent.CopyOnWriteArrayList<>();
  private final List<Event> events = new java.util.concurrent.CopyOnWriteArrayList<>();
  private final List<AuditEntry> entered = new java.util.concurrent.CopyOnWriteArrayList<>();
  private final AuditTrail trail =
      new AuditTrail() {
        @Override
        public List<AuditEntry> recent() {
          return entered;
        }

        @Override
        public Map<AuditKind, Long> dropped() {
          return Map.of(AuditKind.TOOL, 5L);
        }
      };
  private Session.Opener opener = this::open;
  private OutputStream to = OutputStream.nullOutputStream();
  private BufferedReader from = new BufferedReader(java.io.Reader.nullReader());
  private Thread server = Thread.currentThread();

  private FakeSandbox open() {
    var sandbox = new FakeSandbox();
    opened.add(sandbox);
    return sandbox;
  }

  @BeforeEach
  void start() throws Exception {
    var requests = Pipe.open();
    var replies = Pipe.open();
    to = Channels.newOutputStream(requests.sink());
    var in = Channels.newInputStream(requests.source());
    var answers = Channels.newOutputStream(replies.sink());
    from =
        new BufferedReader(
            new InputStreamReader(
                Channels.newInputStream(replies.source()), StandardCharsets.UTF_8));
    server =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              McpStdioServer.serve(
                  new Session(() -> opener.open(), List.of()),
                  GuestSeccomp.BASIC,
                  new McpStdioServer.Description(
                      "1.2", Optional.of("VMs are emulated here."), Optional.empty()),
                  new McpStdioServer.Witness(trail, events::add),
                  in,
                  answers);
              closeQuietly(answers);
            });
  }

  private static void closeQuietly(OutputStream out) {
    try {
      out.close();
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterEach
  void end() throws Exception {
    to.close();
    server.join(10_000);
    assertThat(server.isAlive()).isFalse();
  }

  private void send(byte[] line) throws Exception {
    to.write(line);
    to.write('\n');
    to.flush();
  }

  private void send(String line) throws Exception {
    send(line.getBytes(StandardCharsets.UTF_8));
  }

  private JsonNode answer() throws Exception {
    return JsonMapper.shared().readTree(from.readLine());
  }

  private JsonNode ask(String line) throws Exception {
    send(line);
    return answer();
  }

  private JsonNode call(String tool, String arguments) throws Exception {
    return ask("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\""
            + tool
            + "\",\"arguments\":"
            + arguments
            + "}}")
        .at("/result");
  }

  @Test
  void requests_before_initialize_are_answered() throws Exception {
    assertThat(
            ask("{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}").at("/result").isObject())
        .isTrue();
    for (String method : new String[] {"tools/list", "tools/call"}) {
      var refused = ask("{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"" + method + "\"}");
      assertThat(refused.at("/id").asInt()).isEqualTo(5);
      assertThat(refused.at("/error/message").asString()).contains("initialize first");
    }
    var hello = ask(HELLO).at("/result");
    assertThat(hello.at("/capabilities").propertyNames()).containsExactly("tools", "resources");
    assertThat(hello.at("/instructions").asString()).endsWith("VMs are emulated here.");
    assertThat(hello.at("/instructions").asString()).hasSizeLessThan(2_000);
    assertThat(ask(HELLO).at("/error/code").asInt()).isEqualTo(-32600);
  }

  @Test
  void who_the_client_says_it_is_is_told_as_text_that_does_no_harm() throws Exception {
    ask(HELLO.replace("\"name\":\"t\"", "\"name\":\"evil\\n\\u001b[2J\""));
    assertThat(events).containsExactly(new Event.ClientNamed("evil \\u001b[2J", "1"));
  }

  @Test
  void why_says_what_was_refused_last_and_what_to_ask_for_and_needs_no_vm() throws Exception {
    ask(HELLO);
    assertThat(call("why", "{}").at("/structuredContent/refused").asBoolean()).isFalse();
    entered.add(refusal("an earlier one", Map.of()));
    entered.add(
        refusal(
            "denied: tcp to 192.0.2.1:80",
            Map.of("rule", "192.0.2.1:80", "fix", "--allow 192.0.2.1:80")));
    entered.add(new AuditEntry(Instant.EPOCH, AuditKind.TOOL, 1, Map.of("tool", "exec")));
    var why = call("why", "{}");
    assertThat(why.at("/content/0/text").asString())
        .contains("network-denied", "3 times", "denied: tcp to 192.0.2.1:80")
        .endsWith("Ask whoever runs this server for: --allow 192.0.2.1:80");
    assertThat(why.at("/structuredContent/rule").asString()).isEqualTo("192.0.2.1:80");
    assertThat(why.at("/structuredContent/earlier").asInt()).isEqualTo(1);
    assertThat(opened).isEmpty();
    assertThat(call("why", "{\"x\":1}").at("/isError").asBoolean()).isTrue();
  }

  private static AuditEntry refusal(String what, Map<String, Object> more) {
    var data = new java.util.LinkedHashMap<String, Object>();
    data.put("vm", "vm-x");
    data.put("what", what);
    data.putAll(more);
    return new AuditEntry(Instant.EPOCH, AuditKind.NETWORK_DENIED, 3, data);
  }

  private JsonNode read(String uri) throws Exception {
    return ask(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\""
            + uri
            + "\"}}");
  }

  @Test
  void the_audit_of_the_session_is_a_resource_of_the_newest_that_fits() throws Exception {
    assertThat(read("audit://session").at("/error/message").asString())
        .contains("initialize first");
    ask(HELLO);
    assertThat(
            ask("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/list\"}")
                .at("/result/resources/0/uri")
                .asString())
        .isEqualTo("audit://session");
    assertThat(
            ask("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/templates/list\"}")
                .at("/result/resourceTemplates")
                .isEmpty())
        .isTrue();
    for (int i = 0; i < 3_000; i++) {
      entered.add(refusal("\u2028\"\n" + i, Map.of()));
    }
    var answer = read("audit://session");
    assertThat(JsonText.write(plain(answer)).length()).isLessThan(40_000);
    var session = JsonMapper.shared().readTree(answer.at("/result/contents/0/text").asString());
    assertThat(session.at("/dropped/tool").asInt()).isEqualTo(5);
    assertThat(session.at("/entries").size()).isGreaterThan(50);
    assertThat(session.at("/left_out").asInt() + session.at("/entries").size()).isEqualTo(3_000);
    assertThat(session.at("/entries/" + (session.at("/entries").size() - 1) + "/what").asString())
        .endsWith("2999");
    assertThat(read("audit://other").at("/error/code").asInt()).isEqualTo(-32002);
  }

  @Test
  void revisions_are_agreed_to_or_another_is_offered() throws Exception {
    assertThat(
            ask(HELLO.replace("2025-11-25", "2025-03-26")).at("/result/protocolVersion").asString())
        .as("the one revision with batches")
        .isEqualTo("2024-11-05");
  }

  @Test
  void malformed_messages_get_the_right_error_and_their_id_where_it_is_legible() throws Exception {
    record Case(String line, int code, String id) {}
    for (var c :
        List.of(
            new Case("nonsense", -32700, ""),
            new Case("[]", -32600, ""),
            new Case("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", -32600, ""),
            new Case("7", -32600, ""),
            new Case("{\"jsonrpc\":\"2.0\",\"id\":3}", -32600, "3"),
            new Case("{\"jsonrpc\":\"1.0\",\"id\":3,\"method\":\"ping\"}", -32600, "3"),
            new Case("{\"id\":\"x\",\"method\":\"ping\"}", -32600, "x"),
            new Case("{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", -32600, ""),
            new Case("{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", -32600, ""),
            new Case("{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"nope\"}", -32601, "4"),
            new Case(
                "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"ping\",\"params\":[]}", -32602, "4"),
            new Case("{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"initialize\"}", -32602, "4"),
            new Case(
                "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\",\"params\":{\"x\":\"\\ud800\"}}",
                -32700,
                "9"))) {
      var error = ask(c.line());
      assertThat(error.at("/error/code").asInt()).as(c.line()).isEqualTo(c.code());
      assertThat(error.at("/id").asString("")).as(c.line()).isEqualTo(c.id());
      assertThat(error.has("id")).as(c.line()).isEqualTo(!c.id().isEmpty());
    }
    send(new byte[] {'{', (byte) 0xff, '}'});
    assertThat(answer().at("/error/message").asString()).contains("no UTF-8");
    ask(HELLO);
    for (String params : new String[] {"", ",\"params\":\"x\"", ",\"params\":{\"arguments\":{}}"}) {
      var error = ask("{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\"" + params + "}");
      assertThat(error.at("/error/code").asInt()).as(params).isEqualTo(-32602);
    }
  }

  @Test
  void an_unknown_tool_is_named() throws Exception {
    ask(HELLO);
    var error =
        ask(
            "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\",\"params\":{\"name\":\"shoot\"}}");
    assertThat(error.at("/error/code").asInt()).isEqualTo(-32602);
    assertThat(error.at("/error/message").asString()).startsWith("unknown tool: shoot");
    assertThat(
            ask("{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/list\",\"params\":{\"cursor\":\"x\"}}")
                .at("/error/code")
                .asInt())
        .isEqualTo(-32602);
  }

  @Test
  void a_message_that_is_too_long_is_answered_with_its_own_id() throws Exception {
    ask(HELLO);
    String big =
        "{\"method\":\"tools/call\",\"params\":{\"name\":\"write_file\",\"arguments\":{\"content\":\""
            + "x".repeat(StdioTransport.MAX_LINE + 10)
            + "\"}},\"jsonrpc\":\"2.0\",\"id\":77}";
    var error = ask(big);
    assertThat(error.at("/id").asInt()).isEqualTo(77);
    assertThat(error.at("/error/message").asString()).contains("in parts");
    assertThat(call("list_files", "{}").at("/structuredContent/total").asInt()).isZero();
  }

  @Test
  void what_clients_send_as_strings_is_taken_for_what_it_says() throws Exception {
    ask(HELLO);
    assertThat(
            call("exec", "{\"argv\":\"[\\\"echo\\\"]\",\"timeout_seconds\":\"5\",\"env\":null}")
                .at("/isError")
                .asBoolean())
        .isFalse();
    assertThat(
            call("read_file", "{\"path\":\"/f\",\"limit\":\"5\",\"offset\":\"0\"}")
                .at("/isError")
                .asBoolean())
        .isFalse();
    assertThat(
            call("write_file", "{\"path\":\"/f\",\"content\":\"7\",\"create_parents\":\"true\"}")
                .at("/structuredContent/size")
                .asInt())
        .isEqualTo(1);
    assertThat(
            call("exec", "{\"command\":\"x\",\"timeout_seconds\":\"soon\"}")
                .at("/content/0/text")
                .asString())
        .isEqualTo("argument timeout_seconds must be a number from 0.1 to 86400.0");
  }

  @Test
  void output_that_could_break_a_line_is_escaped() throws Exception {
    ask(HELLO);
    call("exec", "{\"command\":\"first\"}");
    opened.getFirst().output = "a\u2028b\u2029c\u0085d\u007f".getBytes(StandardCharsets.UTF_8);
    send(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"exec\","
            + "\"arguments\":{\"command\":\"x\"}}}");
    String line = from.readLine();
    assertThat(line.codePoints())
        .noneMatch(c -> c == 0x2028 || c == 0x2029 || c == 0x85 || c == 0x7f);
    assertThat(JsonMapper.shared().readTree(line).at("/result/structuredContent/stdout").asString())
        .isEqualTo("a\u2028b\u2029c\u0085d\u007f");
  }

  @Test
  void no_result_is_larger_than_clients_take() throws Exception {
    ask(HELLO);
    call("exec", "{\"command\":\"first\"}");
    for (String piece : new String[] {"x", "\n", "\"", "\u0001", "\u20ac"}) {
      byte[] bytes = piece.repeat(200_000).getBytes(StandardCharsets.UTF_8);
      opened.getFirst().output = bytes;
      opened.getFirst().file = bytes;
      var run = call("exec", "{\"command\":\"x\"}");
      assertThat(JsonText.write(plain(run)).length()).isLessThanOrEqualTo(40_000);
      assertThat(run.at("/structuredContent/notice").asString()).contains("left out");
      assertThat(run.at("/structuredContent/stdout").asString().length()).isGreaterThan(1_000);
      var read = call("read_file", "{\"path\":\"/f\",\"limit\":1048576}");
      assertThat(JsonText.write(plain(read)).length()).isLessThanOrEqualTo(40_000);
      assertThat(read.at("/structuredContent/truncated").asBoolean()).isTrue();
    }
    opened.getFirst().entries =
        IntStream.range(0, 3_000)
            .mapToObj(i -> new FileEntry('-', 0644, i, 0, "n".repeat(200) + i, Optional.empty()))
            .toList();
    var list = call("list_files", "{\"limit\":2000}");
    assertThat(JsonText.write(plain(list)).length()).isLessThanOrEqualTo(40_000);
    assertThat(list.at("/structuredContent/next_offset").asInt())
        .isEqualTo(list.at("/structuredContent/entries").size());
  }

  private static Object plain(JsonNode node) throws Exception {
    return JsonText.parse(node.toString());
  }

  @Test
  void a_text_file_stays_text_in_every_chunk_and_the_chunks_are_the_file() throws Exception {
    ask(HELLO);
    call("exec", "{\"command\":\"first\"}");
    String text = "\u20ac\u00e9x".repeat(30_000);
    opened.getFirst().file = text.getBytes(StandardCharsets.UTF_8);
    var read = new StringBuilder();
    long offset = 0;
    for (boolean more = true; more; ) {
      var chunk =
          call("read_file", "{\"path\":\"/f\",\"offset\":" + offset + ",\"limit\":9999}")
              .at("/structuredContent");
      assertThat(chunk.at("/encoding").asString()).isEqualTo("utf-8");
      read.append(chunk.at("/content").asString());
      more = chunk.at("/truncated").asBoolean();
      assertThat(chunk.has("next_offset")).isEqualTo(more);
      offset = more ? chunk.at("/next_offset").asLong() : offset;
    }
    assertThat(read).hasToString(text);
  }

  @Test
  void a_binary_file_comes_whole_in_its_chunks_and_once_in_each_result() throws Exception {
    ask(HELLO);
    call("exec", "{\"command\":\"first\"}");
    var bytes = new byte[100_000];
    new java.util.Random(5).nextBytes(bytes);
    bytes[0] = (byte) 0xff;
    opened.getFirst().file = bytes;
    var read = new java.io.ByteArrayOutputStream();
    for (boolean more = true; more; ) {
      var result = call("read_file", "{\"path\":\"/f\",\"offset\":" + read.size() + "}");
      var chunk = result.at("/structuredContent");
      assertThat(chunk.at("/encoding").asString()).isEqualTo("base64");
      assertThat(result.at("/content/0/text").asString()).hasSizeLessThan(300);
      read.writeBytes(Base64.getDecoder().decode(chunk.at("/content").asString()));
      more = chunk.at("/truncated").asBoolean();
    }
    assertThat(read.toByteArray()).isEqualTo(bytes);
  }

  @Test
  void notices_are_in_the_data_too() throws Exception {
    ask(HELLO);
    var first = call("exec", "{\"command\":\"x\"}");
    assertThat(first.at("/structuredContent/isolation").asString()).isEqualTo("emulated");
    assertThat(first.at("/structuredContent/notice").asString()).contains("there is no /dev/kvm");
    assertThat(call("exec", "{\"command\":\"x\"}").at("/structuredContent").has("notice"))
        .isFalse();
    opened.getFirst().close();
    var next = call("exec", "{\"command\":\"x\"}");
    assertThat(next.at("/isError").asBoolean()).isFalse();
    assertThat(next.at("/structuredContent/notice").asString())
        .contains("a fresh VM: the one before died");
    assertThat(next.at("/content/0/text").asString())
        .startsWith("[a fresh VM: the one before died");
    assertThat(opened).hasSize(2);
  }

  @Test
  void lists_are_sorted_and_no_name_is_a_line_of_its_own() throws Exception {
    ask(HELLO);
    call("exec", "{\"command\":\"first\"}");
    opened.getFirst().entries =
        List.of(
            new FileEntry('-', 0644, 1, 0, "b\nfake", Optional.empty()),
            new FileEntry('d', 0755, 2, 0, "a", Optional.empty()));
    var list = call("list_files", "{}");
    assertThat(list.at("/structuredContent/entries/0/name").asString()).isEqualTo("a");
    assertThat(list.at("/structuredContent/entries/1/name").asString()).isEqualTo("b\nfake");
    assertThat(list.at("/content/0/text").asString().lines()).hasSize(3);
  }

  @Test
  void every_tool_call_can_be_cancelled_and_is_then_not_answered() throws Exception {
    var release = new CountDownLatch(1);
    opener =
        () -> {
          try {
            release.await();
          } catch (InterruptedException e) {
            throw new HostException("interrupted", e);
          }
          return open();
        };
    ask(HELLO);
    send(
        "{\"jsonrpc\":\"2.0\",\"id\":\"r\",\"method\":\"tools/call\",\"params\":{\"name\":\"read_file\","
            + "\"arguments\":{\"path\":\"/f\"}}}");
    send(
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"r\"}}");
    // Its id can be used again as soon as it has ended.
    JsonNode pong = ask("{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}");
    assertThat(pong.at("/id").asString()).isEqualTo("p");
    release.countDown();
    send(
        "{\"jsonrpc\":\"2.0\",\"id\":\"s\",\"method\":\"tools/call\",\"params\":{\"name\":\"exec\","
            + "\"arguments\":{\"argv\":[\"sleep\"]},\"_meta\":{\"progressToken\":1}}}");
    assertThat(answer().at("/method").asString()).isEqualTo("notifications/progress");
    send(
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"s\"}}");
    assertThat(opened.getFirst().slept.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(call("list_files", "{}").at("/structuredContent/total").asInt()).isZero();
  }

  @Test
  void a_call_that_waits_for_its_vm_tells_of_progress_and_closing_does_not_wait() throws Exception {
    var opening = new CountDownLatch(1);
    opener =
        () -> {
          try {
            opening.countDown();
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            throw new HostException("interrupted", e);
          }
          return open();
        };
    ask(HELLO);
    send(
        "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"tools/call\",\"params\":{\"name\":\"exec\","
            + "\"arguments\":{\"command\":\"x\"},\"_meta\":{\"progressToken\":\"t\"}}}");
    var progress = answer();
    assertThat(progress.at("/params/progressToken").asString()).isEqualTo("t");
    assertThat(progress.at("/params/message").asString()).contains("preparing the VM");
    opening.await();
    to.close();
    server.join(8_000);
    assertThat(server.isAlive()).isFalse();
    assertThat(opened).isEmpty();
  }

  @Test
  void what_runs_when_the_input_ends_is_still_answered() throws Exception {
    send(HELLO);
    send(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"exec\","
            + "\"arguments\":{\"command\":\"x\"}}}");
    to.close();
    var ids = new ArrayList<Integer>();
    for (String line = from.readLine(); line != null; line = from.readLine()) {
      ids.add(JsonMapper.shared().readTree(line).at("/id").asInt());
    }
    assertThat(ids).containsExactly(0, 1);
    assertThat(opened.getFirst().isOpen()).isFalse();
  }

  @Test
  void requests_in_flight_are_bounded_and_more_than_run_at_once_wait_for_their_turn()
      throws Exception {
    ask(HELLO);
    for (int i = 1; i <= Calls.MOST + 1; i++) {
      send(
          "{\"jsonrpc\":\"2.0\",\"id\":"
              + i
              + ",\"method\":\"tools/call\",\"params\":{\"name\":\"exec\",\"arguments\":{\"argv\":[\"sleep\"]}}}");
    }
    var refused = answer();
    assertThat(refused.at("/id").asInt()).isEqualTo(Calls.MOST + 1);
    assertThat(refused.at("/error/message").asString()).contains("256 requests are in flight");
    var twice =
        ask(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"exec\"}}");
    assertThat(twice.has("id")).isFalse();
    assertThat(twice.at("/error/message").asString()).contains("its id is in use");
  }
}
