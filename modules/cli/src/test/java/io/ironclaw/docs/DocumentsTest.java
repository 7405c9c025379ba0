package io.ironclaw.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.ironclaw.mcp.McpProbe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/**
 * Does what the documents say: every command of a fenced block is run in the clone, every output
 * shown is compared, every program is run, and every configuration starts a server.
 */
@Tag("docs")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class DocumentsTest {
  private static final Path ROOT =
      Path.of(System.getProperty("ironclaw.root", ".")).toAbsolutePath().normalize();
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** Commands that are not run here, each with the reason. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "./check", "runs these tests: continuous integration calls it",
          "./check unit vm", "its parts are run by ./check",
          "mvn verify", "its steps are the parts build, format and unit of ./check",
          "mvn spotless:apply", "changes sources; its check is the part format of ./check",
          "./bench --json figures.json --markdown docs/benchmarks.md",
              "measures for many minutes; a short run of it is another example");

  /** Commands that hold a VM until a signal. */
  private static final Set<String> HELD = Set.of("./ironclaw spawn-vm");

  /** Commands that need a terminal, with what is typed. */
  private static final Map<String, String> TYPED = Map.of("./ironclaw shell", "hostname; exit\n");

  /** Languages of blocks; each but text is tested below. */
  private static final Set<String> LANGUAGES = Set.of("sh", "console", "java", "json", "text");

  private static List<Block> blocks() throws IOException {
    var blocks = new ArrayList<Block>();
    try (var more = Files.list(ROOT.resolve("docs"))) {
      for (var file :
          Stream.concat(
                  Stream.of(ROOT.resolve("README.md"), ROOT.resolve("CONTRIBUTING.md")),
                  more.filter(path -> path.toString().endsWith(".md")).sorted())
              .toList()) {
        blocks.addAll(Block.of(ROOT, file));
      }
    }
    return blocks;
  }

  private static List<Block> blocks(String language) throws IOException {
    return blocks().stream().filter(block -> block.language().equals(language)).toList();
  }

  private static List<Example> examples() throws IOException {
    return blocks().stream().flatMap(block -> Example.of(block).stream()).toList();
  }

  @Test
  void every_block_says_its_language_and_is_tested_or_plain_text() throws Exception {
    assertThat(blocks())
        .isNotEmpty()
        .allSatisfy(
            block -> assertThat(block.language()).as(block.place()).isIn(LANGUAGES.toArray()));
    for (var language : LANGUAGES) {
      assertThat(blocks(language)).as("blocks of " + language).isNotEmpty();
    }
  }

  @Test
  void every_exception_is_still_in_a_document() throws Exception {
    var commands = examples().stream().map(Example::command).toList();
    assertThat(commands)
        .containsAll(ELSEWHERE.keySet())
        .containsAll(HELD)
        .containsAll(TYPED.keySet());
  }

  @TestFactory
  Stream<DynamicTest> every_command_does_what_the_document_says() throws Exception {
    return examples().stream()
        .filter(example -> !ELSEWHERE.containsKey(example.command()))
        .map(example ->
            DynamicTest.dynamicTest(
                example.place() + " " + example.command(), () -> tryOut(example)));
  }

  private static void tryOut(Example example) throws Exception {
    var result =
        HELD.contains(example.command())
            ? hold(example.command())
            : TYPED.containsKey(example.command())
                ? type(example.command(), TYPED.get(example.command()))
                : run(List.of("sh", "-c", example.command()), "");
    assertThat(result.status())
        .as("status of: %s\n%s\n%s", example.command(), result.out(), result.err())
        .isEqualTo(example.status());
    example
        .output()
        .ifPresent(
            shown -> assertThat(result.out() + result.err()).matches(Example.pattern(shown)));
  }

  @Test
  void every_test_that_is_named_as_a_proof_exists() throws Exception {
    var named =
        Pattern.compile("`(\\w+Test)\\.(\\w+)`")
            .matcher(Files.readString(ROOT.resolve("README.md")))
            .results()
            .toList();
    assertThat(named).isNotEmpty();
    for (var proof : named) {
      try (var files = Files.walk(ROOT)) {
        var source =
            files
                .filter(path -> path.endsWith(proof.group(1) + ".java"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no class " + proof.group()));
        assertThat(Files.readString(source)).contains("void " + proof.group(2) + "(");
      }
    }
  }

  @Test
  void every_test_of_the_process_that_is_named_as_a_proof_exists() throws Exception {
    var named =
        Pattern.compile("`(test-[a-z]+\\.py)`: `(\\w+)`")
            .matcher(Files.readString(ROOT.resolve("README.md")))
            .results()
            .toList();
    assertThat(named).isNotEmpty();
    for (var proof : named) {
      assertThat(Files.readString(ROOT.resolve("scripts").resolve(proof.group(1))))
          .contains("def " + proof.group(2) + "(self)");
    }
  }

  @Test
  void every_class_that_where_to_change_something_names_is_in_that_room() throws Exception {
    var named =
        Pattern.compile("`(?:([a-z]+(?:\\.[a-z]+)?)\\.)?([A-Z]\\w+)`")
            .matcher(Files.readString(ROOT.resolve("docs/where.md")))
            .results()
            .filter(name -> name.group(1) != null || name.group(2).endsWith("Test"))
            .toList();
    assertThat(named).hasSizeGreaterThan(20);
    for (var name : named) {
      String file = name.group(2) + ".java";
      String ending =
          name.group(1) == null
              ? "/" + file
              : "/src/main/java/io/ironclaw/" + name.group(1).replace('.', '/') + "/" + file;
      try (var files = Files.walk(ROOT.resolve("modules"))) {
        assertThat(files.map(Path::toString))
            .as(name.group())
            .anyMatch(path -> path.endsWith(ending));
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> every_program_runs(@TempDir Path folder) throws Exception {
    return blocks("java").stream()
        .map(block -> DynamicTest.dynamicTest(block.place(), () -> runProgram(folder, block)));
  }

  private static void runProgram(Path folder, Block block) throws Exception {
    Path source = folder.resolve("Example.java");
    Files.writeString(source, block.text());
    var result =
        run(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                source.toString()),
            "");
    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out()).contains("Linux").contains("Exited[status=0");
  }

  @TestFactory
  Stream<DynamicTest> every_configuration_starts_a_server() throws Exception {
    return blocks("json").stream()
        .map(block -> DynamicTest.dynamicTest(block.place(), () -> startServers(block)));
  }

  private static void startServers(Block block) throws Exception {
    var servers = JsonMapper.shared().readTree(block.text()).get("mcpServers");
    assertThat(servers).as("mcpServers").isNotEmpty();
    for (var server : servers) {
      var command = new ArrayList<String>();
      command.add(
          server.get("command").asString().replace("/path/to/ironclaw/", ROOT.toString() + "/"));
      server.get("args").forEach(arg -> command.add(arg.asString()));
      var report =
          new McpProbe()
              .run(
                  command,
                  Optional.of(new McpProbe.ToolCall("exec", "{\"command\":\"echo from-the-vm\"}")),
                  PATIENCE);
      assertThat(report.serverName()).isEqualTo("ironclaw");
      assertThat(report.call().orElseThrow().text()).contains("from-the-vm");
    }
  }

  @Test
  void the_recording_shows_what_its_script_runs(@TempDir Path folder) throws Exception {
    Path fresh = folder.resolve("fresh.svg");
    var result = run(List.of("sh", "scripts/record.sh", fresh.toString()), "");
    assertThat(result.status()).as(result.err()).isZero();
    assertThat(commandsOf(fresh))
        .isNotEmpty()
        .isEqualTo(commandsOf(ROOT.resolve("docs/recording.svg")));
    var lines = Files.readString(fresh);
    assertThat(lines).contains("Linux vm-").doesNotContain("ironclaw: can't");
  }

  private static List<String> commandsOf(Path svg) throws IOException {
    return Pattern.compile("class=\"c\"[^>]*>([^<]*)<")
        .matcher(Files.readString(svg))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  private record Result(int status, String out, String err) {}

  private static Process start(List<String> command) throws IOException {
    var builder = new ProcessBuilder(command).directory(ROOT.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return builder.start();
  }

  private static Result run(List<String> command, String stdin) throws Exception {
    var process = start(command);
    var out = text(process.getInputStream());
    var err = text(process.getErrorStream());
    try (var to = process.getOutputStream()) {
      to.write(stdin.getBytes(StandardCharsets.UTF_8));
    } catch (IOException _) {
      // A command that reads no stdin may be gone already.
    }
    return end(process, command, out, err);
  }

  private static Result end(
      Process process,
      List<String> command,
      CompletableFuture<String> out,
      CompletableFuture<String> err)
      throws Exception {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      process.destroy();
      return fail("it did not end: %s\n%s\n%s", command, out.get(), err.get());
    }
    return new Result(process.exitValue(), out.get(), err.get());
  }

  /**
   * Waits for the first line, which says that it is ready, and ends it as a service manager does.
   */
  private static Result hold(String command) throws Exception {
    var process = start(List.of("sh", "-c", "exec " + command));
    var err = text(process.getErrorStream());
    process.getOutputStream().close();
    try (var out = process.inputReader(StandardCharsets.UTF_8)) {
      var seen = new StringBuilder();
      String line = out.readLine();
      while (line != null) {
        seen.append(line).append('\n');
        if (line.contains("Ctrl-C")) {
          // The handle: Process.destroy would close the stream that is read here.
          process.toHandle().destroy();
        }
        line = out.readLine();
      }
      return new Result(process.waitFor(), seen.toString(), err.get());
    }
  }

  /** Runs a command in a terminal of its own, by script(1). */
  private static Result type(String command, String keys) throws Exception {
    return run(List.of("script", "-qec", command, "/dev/null"), keys);
  }

  private static CompletableFuture<String> text(java.io.InputStream from) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (from) {
            return new String(from.readAllBytes(), StandardCharsets.UTF_8);
          } catch (IOException e) {
            return "unreadable: " + e;
          }
        },
        task -> Thread.ofVirtual().start(task));
  }
}
