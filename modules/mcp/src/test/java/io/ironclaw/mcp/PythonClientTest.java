package io.ironclaw.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The official Python SDK, from PyPI, is the client; the server and its VM are real. */
@Tag("mcp")
@Timeout(300)
class PythonClientTest {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();

  /** Made by the part of ./check that runs this. */
  private static final Path PYTHON = ROOT.resolve("build/mcp-python/bin/python");

  private static JsonNode session(String mode) throws Exception {
    var process =
        new ProcessBuilder(
                PYTHON.toString(),
                ROOT.resolve("modules/mcp/src/test/python/session.py").toString(),
                mode,
                ROOT.resolve("ironclaw").toString(),
                "mcp",
                "stdio")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    process.getOutputStream().close();
    try (var from = process.getInputStream()) {
      String out = new String(from.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).isZero();
      return JsonMapper.shared().readTree(out);
    }
  }

  /** By default it asks for a newer revision first, and falls back. */
  @ParameterizedTest
  @ValueSource(strings = {"auto", "legacy"})
  void a_session_works_in_a_process_without_a_locale(String mode) throws Exception {
    var seen = session(mode);
    assertThat(seen.at("/tools").valueStream().map(JsonNode::asString))
        .containsExactly("exec", "read_file", "write_file", "list_files", "isolation_proof", "why");
    assertThat(seen.at("/exec/structuredContent/stdout").asString())
        .isEqualTo("gr\u00fc\u00dfe h\u00e9llo");
    assertThat(seen.at("/exec/structuredContent/status").asInt()).isEqualTo(3);
    assertThat(seen.at("/read_back").asBoolean()).isTrue();
    assertThat(seen.at("/kernel_file")).hasToString("[false,true,true]");
    assertThat(seen.at("/progress").asInt()).isGreaterThanOrEqualTo(2);
    assertThat(seen.at("/missing/isError").asBoolean()).isTrue();
  }
}
