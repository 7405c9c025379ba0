package io.ironclaw.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The official TypeScript SDK, from npm, is the client; the server and its VM are real. */
@Tag("mcp")
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TypeScriptClientTest {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  private static final Path NODE = ROOT.resolve("modules/mcp/src/test/node");
  private static final String IRONCLAW = ROOT.resolve("ironclaw").toString();

  private Optional<JsonNode> seen = Optional.empty();

  @BeforeAll
  void run_a_session() throws Exception {
    var process =
        new ProcessBuilder("node", NODE.resolve("session.mjs").toString(), IRONCLAW, "mcp", "stdio")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String out;
    try (var from = process.getInputStream()) {
      out = new String(from.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertThat(process.waitFor()).isZero();
    seen = Optional.of(JsonMapper.shared().readTree(out));
  }

  private JsonNode at(String path) {
    return seen.orElseThrow().at(path);
  }

  @Test
  void the_tools_are_listed_and_say_what_they_may_do() {
    assertThat(at("/tools").valueStream().map(JsonNode::asString))
        .containsExactlyInAnyOrder(
            "exec", "read_file", "write_file", "list_files", "isolation_proof", "why");
    assertThat(at("/annotations/exec/destructiveHint").asBoolean()).isTrue();
    assertThat(at("/annotations/read_file/readOnlyHint").asBoolean()).isTrue();
    assertThat(at("/server/name").asString()).isEqualTo("ironclaw");
  }

  @Test
  void what_was_refused_is_said_by_why_and_is_in_the_audit_that_can_be_read() {
    assertThat(at("/why/structuredContent/kind").asString()).isEqualTo("guest-seccomp");
    assertThat(at("/why/structuredContent/what").asString()).contains("mount");
    assertThat(at("/why/structuredContent/ask_for").asString()).contains("--guest-seccomp off");
    assertThat(at("/resources").valueStream().map(JsonNode::asString))
        .containsExactly("audit://session");
    assertThat(at("/audit/entries").valueStream().map(entry -> entry.at("/kind").asString()))
        .contains("client", "process-began", "vm-opened", "exec-began", "guest-seccomp");
  }

  @Test
  void a_command_gives_its_output_its_errors_and_its_status() {
    assertThat(at("/exec/structuredContent/stdout").asString()).isEqualTo("Linux\n");
    assertThat(at("/exec/structuredContent/stderr").asString()).isEqualTo("oops\n");
    assertThat(at("/exec/structuredContent/status").asInt()).isEqualTo(3);
    assertThat(at("/exec/content/0/text").asString()).contains("exit status 3");
    assertThat(at("/exec/structuredContent/isolation").asString()).isIn("hardware", "emulated");
    assertThat(at("/argv/structuredContent/stdout").asString()).isEqualTo("a b|$HOME|");
    assertThat(at("/stdin/structuredContent/stdout").asString()).isEqualTo("HELLO");
  }

  @Test
  void long_output_is_cut_in_the_middle_with_a_count_of_what_was_left_out() {
    assertThat(at("/long/structuredContent/truncated").asBoolean()).isTrue();
    assertThat(at("/long/structuredContent/stdout_bytes").asInt()).isEqualTo(588_895);
    assertThat(at("/long/structuredContent/stdout").asString())
        .startsWith("1\n2\n")
        .endsWith("100000\n")
        .contains(" bytes left out ...]")
        .hasSizeBetween(10_000, 18_000);
  }

  @Test
  void a_time_limit_is_told_as_such() {
    assertThat(at("/timeout/structuredContent/outcome").asString()).isEqualTo("timed_out");
    assertThat(at("/timeout/structuredContent/status").asInt()).isEqualTo(124);
  }

  @Test
  void files_written_are_files_read_and_listed() {
    assertThat(at("/write/structuredContent/size").asInt()).isEqualTo(8);
    assertThat(at("/read/structuredContent/content").asString()).isEqualTo("grüße\n");
    assertThat(at("/binary/structuredContent/encoding").asString()).isEqualTo("base64");
    assertThat(at("/binary/structuredContent/content").asString()).isEqualTo("AP8B");
    assertThat(at("/list/structuredContent/total").asInt()).isEqualTo(2);
    assertThat(at("/list/structuredContent/entries/0/kind").asString()).isEqualTo("file");
  }

  @Test
  void the_isolation_is_proven_again_when_the_client_asks() {
    assertThat(at("/proof/structuredContent/verdict").asString()).isEqualTo("proven");
    assertThat(
            at("/proof/structuredContent/items").valueStream().map(i -> i.at("/item").asString()))
        .contains("seccomp", "namespaces", "random", "guest-network");
    assertThat(at("/proof/content/0/text").asString())
        .contains("proven: ", at("/proof/structuredContent/sha256").asString());
  }

  @Test
  void what_can_not_be_done_is_an_error_of_the_tool_with_the_reason() {
    assertThat(at("/missing/isError").asBoolean()).isTrue();
    assertThat(at("/missing/content/0/text").asString())
        .isEqualTo("read /no/such: No such file or directory");
    assertThat(at("/wrong/isError").asBoolean()).isTrue();
    assertThat(at("/wrong/content/0/text").asString()).contains("command or argv");
    assertThat(at("/wrongType/content/0/text").asString())
        .contains("argument command must be a string");
  }

  @Test
  void progress_arrives_while_a_command_runs() {
    assertThat(at("/progress").asInt()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void a_cancelled_command_is_killed_in_the_guest_and_the_session_goes_on() {
    assertThat(at("/cancelled").asString()).startsWith("rejected");
    assertThat(at("/survivors/structuredContent/stdout").asString()).isEqualTo("0\n");
  }

  @Test
  void calls_side_by_side_share_one_vm() {
    var outputs = at("/parallel").valueStream().map(JsonNode::asString).toList();
    assertThat(outputs).hasSize(4);
    assertThat(outputs.stream().map(o -> o.lines().skip(1).findFirst().orElse("?")).distinct())
        .hasSize(1);
    assertThat(outputs.stream().map(o -> o.substring(0, 1))).containsExactly("1", "2", "3", "4");
  }

  /** The client dies in the middle of a call: the server and its VM must go too. */
  @Test
  void a_client_that_dies_takes_the_server_and_the_vm_with_it() throws Exception {
    var server = new ProcessBuilder(IRONCLAW, "mcp", "stdio").redirectErrorStream(false).start();
    try (var in = server.outputWriter(StandardCharsets.UTF_8);
        var out = server.inputReader(StandardCharsets.UTF_8)) {
      in.write(
          """
          {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
          """);
      in.flush();
      assertThat(out.readLine()).contains("\"id\":1");
      in.write(
          """
          {"jsonrpc":"2.0","method":"notifications/initialized"}
          {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"exec","arguments":{"command":"echo up; sleep 1000"},"_meta":{"progressToken":"p"}}}
          """);
      in.flush();
      assertThat(out.readLine()).contains("notifications/progress");
      var hypervisors =
          server.toHandle().descendants().filter(TypeScriptClientTest::isQemu).toList();
      assertThat(hypervisors).hasSize(1);
      // All that a dead client leaves is the end of its pipe.
      in.close();
      assertThat(server.waitFor(10, TimeUnit.SECONDS)).isTrue();
      hypervisors.getFirst().onExit().get(5, TimeUnit.SECONDS);
    } finally {
      server.destroyForcibly();
    }
  }

  private static boolean isQemu(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/comm")).startsWith("qemu");
    } catch (java.io.IOException _) {
      return false;
    }
  }

  @Test
  void a_killed_server_leaves_no_vm() throws Exception {
    var server = new ProcessBuilder(IRONCLAW, "mcp", "stdio").start();
    try (var in = server.outputWriter(StandardCharsets.UTF_8);
        var out = server.inputReader(StandardCharsets.UTF_8)) {
      in.write(
          """
          {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
          {"jsonrpc":"2.0","method":"notifications/initialized"}
          {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"exec","arguments":{"command":"true"}}}
          """);
      in.flush();
      assertThat(out.readLine()).contains("\"id\":1");
      assertThat(out.readLine()).contains("\"id\":2");
      var hypervisor =
          server.toHandle().descendants().filter(TypeScriptClientTest::isQemu).findFirst();
      server.destroyForcibly();
      hypervisor.orElseThrow().onExit().get(5, TimeUnit.SECONDS);
    } finally {
      server.destroyForcibly();
    }
  }

  @Test
  void the_probe_finds_what_the_sdk_finds() throws Exception {
    var report =
        new McpProbe()
            .run(
                List.of(IRONCLAW, "mcp", "stdio"),
                Optional.of(new McpProbe.ToolCall("exec", "{\"command\":\"echo probe\"}")),
                Duration.ofSeconds(60));
    assertThat(report.serverName()).isEqualTo("ironclaw");
    assertThat(report.protocolVersion()).isEqualTo("2025-11-25");
    assertThat(report.tools()).extracting(McpProbe.ToolSummary::name).contains("exec");
    assertThat(report.call().orElseThrow().text()).startsWith("probe\n");
    assertThat(report.steps()).hasSize(3);
  }
}
