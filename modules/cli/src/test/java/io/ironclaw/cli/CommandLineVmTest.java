package io.ironclaw.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.sandbox.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The launcher and real VMs. */
@Tag("vm")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CommandLineVmTest {
  private static final String IRONCLAW =
      Path.of(System.getProperty("ironclaw.root", "."), "ironclaw").toString();

  private record Result(int status, String out, String err) {}

  private static String freshId() {
    return "cli-test-" + UUID.randomUUID().toString().substring(0, 8);
  }

  private static Process start(String... args) throws IOException {
    var command = new ArrayList<>(List.of(IRONCLAW));
    command.addAll(List.of(args));
    return new ProcessBuilder(command).start();
  }

  /** Where the command line keeps a running VM. */
  private static Path folder(String id) {
    return Settings.fromEnvironment(System.getenv()).runtimeDir().resolve(id);
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

  private static Result run(String stdin, String... args) throws Exception {
    var process = start(args);
    var out = text(process.getInputStream());
    var err = text(process.getErrorStream());
    try (var to = process.getOutputStream()) {
      to.write(stdin.getBytes(StandardCharsets.UTF_8));
    }
    return new Result(process.waitFor(), out.get(), err.get());
  }

  private static void kill(String signal, long pid) throws Exception {
    assertThat(
            new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
                .inheritIO()
                .start()
                .waitFor())
        .isZero();
  }

  /** The processes of a VM: its hypervisor, and what waits for it. */
  private static List<ProcessHandle> hypervisors(String id) {
    return ProcessHandle.allProcesses()
        .filter(process -> commandLine(process.pid()).contains("\0-name\0" + id + ","))
        .toList();
  }

  private static String commandLine(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/cmdline"));
    } catch (IOException _) {
      return "";
    }
  }

  @Test
  void status_and_output_are_the_commands() throws Exception {
    var result = run("", "exec", "--", "sh", "-c", "echo out; echo err >&2; exit 5");
    assertThat(result).isEqualTo(new Result(5, "out\n", "err\n"));
  }

  @Test
  void stdin_goes_in_and_bytes_come_out_unchanged() throws Exception {
    var text = "line \u00e9\n".repeat(50_000);
    var result = run(text, "exec", "--", "cat");
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).isEqualTo(text);
    assertThat(result.status()).isZero();
  }

  @Test
  void a_command_that_is_not_there_gives_127() throws Exception {
    var result = run("", "exec", "--", "no-such-command");
    assertThat(result.status()).isEqualTo(127);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).isEqualTo("ironclaw: no-such-command: No such file or directory\n");
  }

  @Test
  void a_file_that_is_no_program_gives_126() throws Exception {
    assertThat(run("", "exec", "--", "/etc/passwd").status()).isEqualTo(126);
  }

  @Test
  void the_time_limit_gives_124() throws Exception {
    var result = run("", "exec", "--timeout", "500ms", "--", "sleep", "100");
    assertThat(result.status()).isEqualTo(124);
    assertThat(result.err()).contains("time limit");
  }

  @Test
  void a_signal_in_the_guest_gives_128_and_its_number() throws Exception {
    assertThat(run("", "exec", "--", "sh", "-c", "kill -9 $$").status()).isEqualTo(137);
  }

  @Test
  void an_unknown_image_gives_125_and_says_which_there_are() throws Exception {
    var result = run("", "exec", "--image", "no-such-image", "--", "true");
    assertThat(result.status()).isEqualTo(125);
    assertThat(result.err()).contains("no-such-image").contains("debian");
  }

  @Test
  void json_carries_output_status_and_the_spawn_report() throws Exception {
    var result = run("", "exec", "--json", "--", "sh", "-c", "echo hi; exit 3");
    assertThat(result.status()).isEqualTo(3);
    assertThat(result.out().lines()).hasSize(1);
    assertThat(result.out())
        .contains("\"status\":3")
        .contains("\"stdout\":\"hi\\n\"")
        .contains("\"spawn_ms\":")
        .contains("\"isolation\":");
  }

  @Test
  void an_interrupt_reaches_the_command() throws Exception {
    var process =
        start(
            "exec",
            "--",
            "sh",
            "-c",
            "trap 'echo trapped; exit 9' INT; echo ready; while :; do sleep 0.1; done");
    try (var out = process.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).isEqualTo("ready");
      kill("INT", process.pid());
      assertThat(out.readLine()).isEqualTo("trapped");
    }
    assertThat(process.waitFor()).isEqualTo(9);
  }

  @Test
  void termination_leaves_no_hypervisor_and_no_folder() throws Exception {
    String id = freshId();
    var process = start("exec", "--id", id, "--", "sh", "-c", "echo ready; sleep 100");
    try (var out = process.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).isEqualTo("ready");
      var running = hypervisors(id);
      assertThat(running).isNotEmpty();
      assertThat(folder(id)).isDirectory();
      kill("TERM", process.pid());
      assertThat(process.waitFor()).isEqualTo(143);
      for (var hypervisor : running) {
        hypervisor.onExit().get(10, TimeUnit.SECONDS);
      }
    }
    assertThat(hypervisors(id)).isEmpty();
    assertThat(folder(id)).doesNotExist();
    // The name can be had again at once.
    assertThat(run("", "exec", "--id", id, "--", "true").status()).isZero();
  }

  @Test
  void a_kill_that_nothing_can_catch_leaves_no_hypervisor() throws Exception {
    String id = freshId();
    var process = start("exec", "--id", id, "--", "sh", "-c", "echo ready; sleep 100");
    try (var out = process.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).isEqualTo("ready");
      var running = hypervisors(id);
      assertThat(running).isNotEmpty();
      kill("KILL", process.pid());
      assertThat(process.waitFor()).isEqualTo(137);
      for (var hypervisor : running) {
        hypervisor.onExit().get(10, TimeUnit.SECONDS);
      }
    }
    assertThat(run("", "exec", "--id", id, "--", "true").status()).isZero();
  }

  @Test
  void a_reader_that_goes_away_ends_the_command() throws Exception {
    var process = start("exec", "--", "yes");
    try (var out = process.getInputStream()) {
      assertThat(out.read()).isEqualTo('y');
    }
    assertThat(process.waitFor()).isEqualTo(141);
  }

  @Test
  void spawn_vm_holds_a_vm_until_it_is_told_to_end() throws Exception {
    String id = freshId();
    var process = start("spawn-vm", "--id", id, "--json");
    try (var out = process.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).contains("\"id\":\"" + id + "\"").contains("\"phases\":[");
      assertThat(hypervisors(id)).isNotEmpty();
      kill("TERM", process.pid());
      assertThat(out.readLine()).contains("\"closed\":true").contains("\"close_ms\":");
    }
    assertThat(process.waitFor()).isZero();
    assertThat(hypervisors(id)).isEmpty();
  }

  @Test
  void two_vms_of_one_name_can_not_be() throws Exception {
    String id = freshId();
    var first = start("spawn-vm", "--id", id, "--json");
    try (var out = first.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).contains(id);
      var second = run("", "exec", "--id", id, "--", "true");
      assertThat(second.status()).isEqualTo(125);
      assertThat(second.err()).contains(id).contains("exists already");
      kill("TERM", first.pid());
      assertThat(first.waitFor()).isZero();
    } finally {
      first.destroy();
    }
  }

  @Test
  void a_shell_has_a_terminal() throws Exception {
    // script(1) gives the shell the terminal that this test has not.
    var process =
        new ProcessBuilder(
                "script", "-qec", "'" + IRONCLAW + "' shell -- sh -c 'tty; exit 7'", "/dev/null")
            .start();
    process.getOutputStream().close();
    var out = text(process.getInputStream());
    assertThat(process.waitFor()).isEqualTo(7);
    assertThat(out.get()).contains("/dev/pts/");
  }

  @Test
  void test_mcp_calls_a_tool_of_our_own_server() throws Exception {
    var result =
        run(
            "",
            "test-mcp",
            "--call",
            "exec",
            "--args",
            "{\"command\":\"echo from-the-vm\"}",
            "--",
            IRONCLAW,
            "mcp",
            "stdio");
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).contains("read_file").contains("from-the-vm");
    assertThat(result.status()).isZero();
  }

  @Test
  void the_doctor_says_that_vms_can_run_here() throws Exception {
    var result = run("", "doctor");
    assertThat(result.out()).contains("QEMU").contains("KVM").contains("VMs can run here.");
    assertThat(result.status()).isZero();
  }
}
