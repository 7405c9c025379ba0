package io.ironclaw.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class UsageTest {
  private static void isRefused(String expected, String... args) {
    var harness = Harness.quiet();
    assertThat(harness.run(args)).as("%s", List.of(args)).isEqualTo(ExitStatus.USAGE);
    assertThat(harness.err()).startsWith("ironclaw: ").contains(expected).endsWith("\n");
    assertThat(harness.err().lines()).as("one line").hasSize(1);
    assertThat(harness.out()).isEmpty();
    assertThat(harness.ironClaw.opened).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../../etc/passwd",
        "",
        "-",
        "a-",
        "A",
        "a b",
        "a\u0000b",
        "a\nb",
        // A Cyrillic letter that looks like an a, and a wide one.
        "\u0430gent",
        "\uff41gent"
      })
  void bad_ids_are_refused(String id) {
    isRefused("VM id", "exec", "--id", id, "--", "true");
    isRefused("VM id", "spawn-vm", "--id=" + id);
  }

  @Test
  void an_id_of_65_characters_is_refused_and_one_of_64_is_not() {
    isRefused("VM id", "exec", "--id", "a".repeat(65), "--", "true");
    assertThat(Harness.quiet().run("exec", "--id", "a".repeat(64), "--", "true")).isZero();
  }

  @Test
  void memory_out_of_bounds_is_refused_with_the_bounds() {
    for (String memory : List.of("0", "1t", "79m", "65g", "999999999t")) {
      isRefused("allowed: 80 MiB to 65536 MiB", "exec", "--memory", memory, "--", "true");
    }
  }

  @Test
  void every_violation_is_named_at_once() {
    isRefused(
        "vcpus is 99, allowed: 1 to 32; memory is 1 MiB, allowed: 80 MiB to 65536 MiB",
        "exec",
        "--memory",
        "1",
        "--vcpus",
        "99",
        "--",
        "true");
  }

  @Test
  void sizes_and_times_that_are_none_are_refused() {
    for (String size : List.of("-1", "x", "5x", "1.g", ".5g", "0x10", "", "9999999999", "5 m")) {
      isRefused("--memory", "exec", "--memory=" + size, "--", "true");
    }
    for (String time : List.of("-5s", "x", "5x", "1.s", "", "9999999999", "PT5S")) {
      isRefused("--timeout", "exec", "--timeout=" + time, "--", "true");
    }
    isRefused("100 ms to 24 h", "exec", "--timeout", "0", "--", "true");
    isRefused("timeout is 25 h, allowed: 100 ms to 24 h", "exec", "--timeout", "25h", "--", "true");
  }

  @Test
  void a_missing_or_empty_command_is_refused() {
    isRefused("CMD", "exec");
    isRefused("CMD", "exec", "--");
    isRefused("CMD", "exec", "--memory", "128m", "--");
    isRefused("no command given", "exec", "--", "");
  }

  @Test
  void malformed_variables_are_refused() {
    isRefused("NAME=VALUE", "exec", "--env", "=x", "--", "true");
    isRefused("NAME=VALUE", "exec", "--env", "", "--", "true");
    isRefused("NAME=VALUE", "exec", "--env", "A=b\u0000c", "--", "true");
    isRefused("not set here", "exec", "--env", "NO_SUCH_VARIABLE", "--", "true");
  }

  @Test
  void other_bad_values_are_refused() {
    isRefused("--user", "exec", "--user", "-1", "--", "true");
    isRefused("--user", "exec", "--user=-1", "--", "true");
    isRefused("--user", "exec", "--user", "root", "--", "true");
    isRefused("--cwd", "exec", "--cwd", "tmp", "--", "true");
    isRefused("--network", "exec", "--network", "bridge", "--", "true");
    isRefused("network is proxy", "exec", "--network", "proxy", "--", "true");
    isRefused("disk is 200 MiB", "exec", "--disk", "200", "--", "true");
    isRefused("only once", "exec", "--memory", "128m", "--memory", "1g", "--", "true");
  }

  @Test
  void an_image_that_can_not_be_is_an_error_of_its_own() {
    var harness = Harness.quiet();
    assertThat(harness.run("exec", "--image", "No Such", "--", "true"))
        .isEqualTo(ExitStatus.OWN_ERROR);
    assertThat(harness.err()).startsWith("ironclaw: unknown image \"No Such\"").contains("debian");
  }

  @Test
  void typing_errors_get_a_suggestion() {
    isRefused("did you mean --memory?", "exec", "--memry", "1g", "--", "true");
    isRefused("did you mean exec", "exce", "--", "true");
    isRefused("did you mean doctor", "docter");
  }

  @Test
  void control_characters_in_arguments_are_shown_not_sent() {
    isRefused("\\u001b[2J", "exec", "--\u001b[2J", "--", "true");
  }

  @Test
  void a_shell_needs_a_terminal() {
    isRefused("ironclaw exec -- sh", "shell");
  }

  @Test
  void help_is_no_error_and_has_examples() {
    for (String command :
        List.of(
            "exec",
            "shell",
            "spawn-vm",
            "mcp",
            "test-mcp",
            "doctor",
            "gc",
            "prune",
            "completion")) {
      var out = helpOf(command, "--help");
      assertThat(out).contains("Usage: ironclaw " + command).contains("Examples:");
    }
    assertThat(helpOf("--help")).contains("spawn-vm").contains("Examples:");
    assertThat(helpOf("help", "exec")).contains("Usage: ironclaw exec");
  }

  private static String helpOf(String... args) {
    var harness = Harness.quiet();
    assertThat(harness.run(args)).isZero();
    return harness.out();
  }

  @Test
  void the_version_is_one_line() {
    var harness = Harness.quiet();
    assertThat(harness.run("--version")).isZero();
    assertThat(harness.out()).matches("ironclaw \\S.*\n");
  }

  @Test
  void no_command_prints_help_and_fails() {
    var harness = Harness.quiet();
    assertThat(harness.run()).isEqualTo(ExitStatus.USAGE);
    assertThat(harness.err()).contains("Usage: ironclaw").contains("exec");
  }

  @Test
  void completion_knows_the_commands_and_their_options() {
    var harness = Harness.quiet();
    assertThat(harness.run("completion", "zsh")).isZero();
    assertThat(harness.out()).contains("spawn-vm").contains("--memory").contains("test-mcp");
    isRefused("bash or zsh", "completion", "fish");
  }

  @Test
  void fractions_of_sizes_and_times_are_taken() {
    var harness = Harness.quiet();
    assertThat(harness.run("exec", "--memory", "1.5g", "--timeout", "0.5", "--", "true")).isZero();
    var spec = harness.ironClaw.opened.getFirst();
    assertThat(spec.shape().memoryMib()).isEqualTo(1_536);
    assertThat(spec.limits().time()).isEqualTo(java.time.Duration.ofMillis(500));
  }

  @Test
  void an_option_that_would_have_no_effect_is_refused() {
    isRefused("--timeout has no effect", "spawn-vm", "--timeout", "2s");
  }

  @Test
  void a_file_here_that_is_given_as_an_image_by_its_bare_name_gets_the_hint() {
    isRefused("write ./pom.xml", "exec", "--image", "pom.xml", "--", "true");
  }

  @Test
  void habits_of_docker_get_a_hint() {
    isRefused("use --tty", "exec", "-it", "--", "sh");
    isRefused("leave it out", "exec", "--rm", "--", "sh");
    isRefused("use --cwd", "exec", "-w", "/tmp", "--", "sh");
    isRefused("use ironclaw exec", "run", "debian", "ls");
    isRefused("a VM lives as long as its command", "ps");
    isRefused("use ironclaw --version", "version");
    isRefused("can be mounted", "exec", "-v", "/tmp:/tmp", "--", "ls");
  }

  @Test
  void every_error_is_json_where_json_was_asked_for() {
    for (var args :
        new String[][] {
          {"exec", "--json", "--bogus", "--", "true"},
          {"exec", "--json", "--memory", "1", "--", "true"},
          {"exec", "--json", "--tty", "--", "true"},
          {"spawn-vm", "--json", "--vcpus", "0"},
          {"spawn-vm", "--json", "--timeout", "1s"},
          {"doctor", "--json", "--bogus"},
          {"test-mcp", "--json", "--call", "x", "--args", "no", "--", "true"}
        }) {
      var harness = Harness.quiet();
      assertThat(harness.run(args)).as("%s", (Object) args).isEqualTo(ExitStatus.USAGE);
      assertThat(harness.out())
          .as("%s", (Object) args)
          .startsWith("{\"error\":\"")
          .endsWith("\"status\":64}\n");
    }
  }

  @Test
  void json_of_the_command_itself_is_not_ours() {
    var harness = Harness.quiet();
    assertThat(harness.run("exec", "--bogus", "--", "x", "--json")).isEqualTo(ExitStatus.USAGE);
    assertThat(harness.out()).isEmpty();
  }
}
