package io.ironclaw.mcp;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Servers that misbehave: each gets an error that says what it did and what it said. */
@Timeout(20)
class McpProbeTest {
  private static void probe(String script, Duration deadline) throws Exception {
    new McpProbe().run(List.of("/bin/sh", "-c", script), Optional.empty(), deadline);
  }

  /** Again and again: its end, its stdout's and its stderr's are seen in any order. */
  @RepeatedTest(30)
  void a_server_that_ends_at_once_is_told_with_its_status_and_its_stderr() {
    assertThatThrownBy(() ->
            probe(
                "exec <&-; head -c 50000 /dev/zero | tr '\\0' x >&2; echo 'no key' >&2; exit 9",
                Duration.ofSeconds(10)))
        .isInstanceOf(McpPeerException.Ended.class)
        .hasMessageContaining("initialize")
        .hasMessageContaining("status 9")
        .hasMessageContaining("no key");
  }

  @Test
  void a_server_that_prints_garbage_is_told_with_the_line() {
    assertThatThrownBy(() -> probe("echo Welcome!; cat >/dev/null", Duration.ofSeconds(10)))
        .isInstanceOf(McpPeerException.Ended.class)
        .hasMessageContaining("no JSON: Welcome!");
  }

  @Test
  void a_server_that_never_answers_is_given_up() {
    assertThatThrownBy(() -> probe("cat >/dev/null", Duration.ofMillis(200)))
        .isInstanceOf(McpPeerException.Silent.class)
        .hasMessageContaining("no answer within 200 ms");
  }

  @Test
  void a_server_that_floods_one_line_is_cut_off() {
    assertThatThrownBy(
            () -> probe("head -c 20000000 /dev/zero | tr '\\0' x; echo", Duration.ofSeconds(10)))
        .isInstanceOf(McpPeerException.Ended.class)
        .hasMessageContaining("a line of over");
  }

  @Test
  void a_program_that_is_not_there_is_named() {
    assertThatThrownBy(
            () -> new McpProbe().run(List.of("/no/such"), Optional.empty(), Duration.ofSeconds(1)))
        .isInstanceOf(McpPeerException.NotStarted.class)
        .hasMessageContaining("/no/such");
  }
}
