package io.ironclaw.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.HostException;
import io.ironclaw.api.Limits;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.Network;
import io.ironclaw.api.SandboxSpec;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ExecCommandTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void a_secret_is_a_variable_of_this_environment_and_no_value_on_the_command_line() {
    var harness = Harness.quiet();
    harness.env.put("TOKEN_X", "planted-value");
    assertThat(harness.run("exec", "--secret", "TOKEN_X", "true")).isZero();
    var spec = harness.ironClaw.started.getFirst();
    assertThat(spec.env()).containsEntry("TOKEN_X", "planted-value");
    assertThat(spec.secrets()).containsExactly("TOKEN_X");
    assertThat(harness.run("exec", "--secret", "TOKEN_X=planted-value", "true")).isEqualTo(64);
    assertThat(harness.err())
        .contains("seen by every process of this host")
        .doesNotContain("planted");
    assertThat(harness.run("exec", "--secret", "NOT_SET", "true")).isEqualTo(64);
    assertThat(harness.run("exec", "--secret", "TOKEN_X", "--env", "TOKEN_X", "true"))
        .isEqualTo(64);
    harness.env.put("SHORT", "abc");
    assertThat(harness.run("exec", "--secret", "SHORT", "true")).isEqualTo(64);
    assertThat(harness.err()).contains("at least 4 characters").doesNotContain("abc");
  }

  @Test
  void the_exit_status_is_the_commands() {
    var harness = new Harness((_, _, _, _) -> FakeIronClaw.exited(3));
    assertThat(harness.run("exec", "--", "false")).isEqualTo(3);
    assertThat(harness.err()).isEmpty();
    assertThat(harness.ironClaw.closed).hasSize(1);
  }

  @Test
  void a_signal_gives_128_and_its_number() {
    var harness = new Harness((_, _, _, _) -> new ExecOutcome.Signalled(9, FakeIronClaw.USAGE));
    assertThat(harness.run("exec", "--", "x")).isEqualTo(137);
  }

  @Test
  void the_time_limit_gives_124_and_says_so() {
    var harness = new Harness((_, _, _, _) -> new ExecOutcome.TimedOut(FakeIronClaw.USAGE));
    assertThat(harness.run("exec", "--timeout", "30s", "--", "sleep", "60")).isEqualTo(124);
    assertThat(harness.err()).contains("time limit of 30 s").contains("--timeout");
    assertThat(harness.ironClaw.opened.getFirst().limits().time())
        .isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void stdout_and_stderr_stay_apart_and_are_passed_as_they_are() {
    var harness =
        new Harness((_, out, err, _) -> {
          out.write(new byte[] {0, (byte) 0xff, 27, '[', 'm'});
          err.write(bytes("\u001b[31mred"));
          return FakeIronClaw.exited(0);
        });
    assertThat(harness.run("exec", "x")).isZero();
    assertThat(harness.stdout.toByteArray()).containsExactly(0, 0xff, 27, '[', 'm');
    assertThat(harness.err()).isEqualTo("\u001b[31mred");
  }

  @Test
  void stdin_reaches_the_command_and_ends() {
    var harness =
        new Harness(
                (in, out, _, _) -> {
                  in.transferTo(out);
                  return FakeIronClaw.exited(0);
                })
            .stdin("hello\nworld");
    assertThat(harness.run("exec", "--", "cat")).isZero();
    assertThat(harness.out()).isEqualTo("hello\nworld");
    assertThat(harness.ironClaw.started.getFirst().stdin()).isTrue();
  }

  @Test
  void a_read_of_stdin_that_never_returns_does_not_hold_up_the_end() {
    var harness = Harness.quiet();
    var never = new CountDownLatch(1);
    harness.stdin =
        new InputStream() {
          @Override
          public int read() throws IOException {
            try {
              never.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            return -1;
          }

          @Override
          public int read(byte[] buffer, int offset, int length) throws IOException {
            return read();
          }
        };
    assertThat(harness.run("exec", "--", "true")).isZero();
  }

  @Test
  void every_option_arrives() {
    var harness = Harness.quiet();
    harness.env.put("FROM_HERE", "1=2");
    int status =
        harness.run(
            "exec",
            "--image",
            "debian",
            "--memory",
            "1g",
            "--vcpus=2",
            "--disk",
            "100m",
            "--timeout",
            "5m",
            "--env",
            "A=b=c",
            "-e",
            "FROM_HERE",
            "--cwd",
            "/tmp",
            "--user",
            "1000",
            "--network",
            "none",
            "--id",
            "agent-7",
            "--",
            "ls",
            "-l",
            "--",
            "-x");
    assertThat(harness.err()).isEmpty();
    assertThat(status).isZero();
    var spec = harness.ironClaw.opened.getFirst();
    assertThat(spec.id().value()).isEqualTo("agent-7");
    assertThat(spec.image()).hasToString("debian");
    assertThat(spec.shape()).isEqualTo(new MachineShape(2, 1024));
    assertThat(spec.scratchMib()).isEqualTo(100);
    assertThat(spec.limits().time()).isEqualTo(Duration.ofMinutes(5));
    assertThat(spec.network()).isEqualTo(Network.NONE);
    var exec = harness.ironClaw.started.getFirst();
    assertThat(exec.argv()).isEqualTo(List.of("ls", "-l", "--", "-x"));
    assertThat(exec.env()).isEqualTo(Map.of("A", "b=c", "FROM_HERE", "1=2"));
    assertThat(exec.cwd()).contains("/tmp");
    assertThat(exec.uid()).isEqualTo(1000);
  }

  @Test
  void without_options_nothing_of_the_host_enters_the_vm() {
    var harness = Harness.quiet();
    harness.env.put("SECRET", "x");
    assertThat(harness.run("exec", "true")).isZero();
    assertThat(harness.ironClaw.started.getFirst().env()).isEmpty();
    assertThat(harness.ironClaw.started.getFirst().uid()).isZero();
    var spec = harness.ironClaw.opened.getFirst();
    assertThat(spec).isEqualTo(SandboxSpec.fresh().withId(spec.id()));
  }

  @Test
  void the_kind_of_the_terminal_is_passed_on_if_the_image_knows_it() {
    for (var kind :
        java.util.Map.of("dumb", "dumb", "xterm-kitty", "", "../../x", "", "vt220", "vt220")
            .entrySet()) {
      var harness = Harness.quiet();
      harness.env.put("TERM", kind.getKey());
      assertThat(harness.run("exec", "--tty", "--", "true")).isZero();
      assertThat(harness.ironClaw.started.getFirst().env().getOrDefault("TERM", ""))
          .isEqualTo(kind.getValue());
      assertThat(harness.run("exec", "--", "true")).isZero();
      assertThat(harness.ironClaw.started.getLast().env()).isEmpty();
    }
  }

  @Test
  void a_small_memory_needs_no_word_about_the_disk() {
    var harness = Harness.quiet();
    assertThat(harness.run("exec", "--memory", "80m", "true")).isZero();
    assertThat(harness.ironClaw.opened.getFirst().scratchMib()).isEqualTo(12);
  }

  @Test
  void an_argument_that_begins_with_an_at_sign_is_no_file_of_the_hosts() {
    var harness = Harness.quiet();
    // -v -v is read by picocli, which would expand it.
    assertThat(harness.run("exec", "-v", "--cwd", "/", "--", "cat", "@/etc/passwd")).isZero();
    assertThat(harness.run("exec", "-vt", "--", "cat", "@/etc/passwd")).isZero();
    assertThat(harness.ironClaw.started)
        .hasSize(2)
        .allSatisfy(exec -> assertThat(exec.argv()).isEqualTo(List.of("cat", "@/etc/passwd")));
  }

  @Test
  void the_first_interrupt_is_the_commands() throws Exception {
    var harness =
        new Harness((_, out, _, guest) -> {
          out.write(bytes("ready"));
          out.flush();
          return new ExecOutcome.Signalled(guest.signals().take(), FakeIronClaw.USAGE);
        });
    var status = harness.startUntilOutput("exec", "--", "sleep", "60");
    harness.signals.raise("INT");
    assertThat(status.get(10, TimeUnit.SECONDS)).isEqualTo(130);
    assertThat(harness.halted).isNotDone();
    assertThat(harness.err()).isEmpty();
  }

  @Test
  void the_second_interrupt_ends_the_vm_of_a_command_that_ignores_the_first() throws Exception {
    var harness = new Harness(ExecCommandTest::ignoresSignals);
    var status = harness.startUntilOutput("exec", "--", "stubborn");
    harness.signals.raise("INT");
    assertThat(harness.ironClaw.closed).isEmpty();
    harness.signals.raise("INT");
    assertThat(harness.halted.get(10, TimeUnit.SECONDS)).isEqualTo(130);
    assertThat(harness.ironClaw.closed).hasSize(1);
    assertThat(status.get(10, TimeUnit.SECONDS)).isEqualTo(137);
  }

  @Test
  void termination_and_hang_up_reach_the_command_and_its_status_is_told() throws Exception {
    for (var signal : Map.of("TERM", 15, "HUP", 1, "QUIT", 3).entrySet()) {
      var harness =
          new Harness((_, out, _, guest) -> {
            out.write(bytes("ready"));
            out.flush();
            return FakeIronClaw.exited(guest.signals().take());
          });
      var status = harness.startUntilOutput("exec", "--", "traps");
      harness.signals.raise(signal.getKey());
      assertThat(status.get(10, TimeUnit.SECONDS)).isEqualTo(signal.getValue());
      assertThat(harness.ironClaw.closed).hasSize(1);
      assertThat(harness.err()).isEmpty();
    }
  }

  @Test
  void a_second_termination_or_the_end_of_the_grace_ends_the_vm() throws Exception {
    for (boolean again : new boolean[] {true, false}) {
      var harness = new Harness(ExecCommandTest::ignoresSignals);
      var status = harness.startUntilOutput("exec", "--", "stubborn");
      harness.signals.raise("TERM");
      if (again) {
        assertThat(harness.halted).isNotDone();
        harness.signals.raise("TERM");
      }
      assertThat(harness.halted.get(20, TimeUnit.SECONDS)).isEqualTo(143);
      assertThat(harness.ironClaw.closed).hasSize(1);
      assertThat(status.get(10, TimeUnit.SECONDS)).isNotNull();
      assertThat(harness.err()).isEmpty();
    }
  }

  @Test
  void a_stop_reaches_the_command_and_this_process_and_so_does_the_end_of_it() throws Exception {
    var harness =
        new Harness((_, out, _, guest) -> {
          out.write(bytes("ready"));
          out.flush();
          return FakeIronClaw.exited(guest.signals().take() + guest.signals().take());
        });
    var status = harness.startUntilOutput("exec", "--", "job");
    harness.signals.raise("TSTP");
    assertThat(status.get(10, TimeUnit.SECONDS)).isEqualTo(ExitStatus.SIGTSTP + ExitStatus.SIGCONT);
    assertThat(harness.signals.done).containsExactly("stopped");
  }

  @Test
  void an_interrupt_while_the_vm_is_made_ends_everything_quietly() throws Exception {
    var opening = new CountDownLatch(1);
    var harness =
        new Harness(
            new FakeIronClaw(
                (_, _, _, _) -> FakeIronClaw.exited(0),
                _ -> {
                  opening.countDown();
                  try {
                    new CountDownLatch(1).await();
                  } catch (InterruptedException e) {
                    throw new HostException("interrupted while building an image", e);
                  }
                }));
    var status = harness.start("exec", "--", "true");
    opening.await();
    harness.signals.raise("INT");
    assertThat(harness.halted.get(10, TimeUnit.SECONDS)).isEqualTo(130);
    assertThat(status.get(10, TimeUnit.SECONDS)).isEqualTo(130);
    assertThat(harness.err()).isEmpty();
  }

  private static ExecOutcome ignoresSignals(
      InputStream in, OutputStream out, OutputStream err, FakeIronClaw.Guest guest)
      throws IOException, InterruptedException {
    out.write(bytes("ready"));
    out.flush();
    while (guest.signals().take() != 9) {
      // It goes on.
    }
    return new ExecOutcome.Signalled(9, FakeIronClaw.USAGE);
  }

  @Test
  void a_reader_that_has_gone_ends_the_command_with_141() throws Exception {
    var harness =
        new Harness((_, out, _, guest) -> {
          out.write(bytes("y\n"));
          out.flush();
          return new ExecOutcome.Signalled(guest.signals().take(), FakeIronClaw.USAGE);
        });
    var gone =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    assertThat(Commands.run(harness.context(gone), new String[] {"exec", "yes"})).isEqualTo(141);
    assertThat(harness.err()).isEmpty();
    assertThat(harness.ironClaw.closed).hasSize(1);
  }

  @Test
  void json_has_the_result_the_output_and_the_vm() {
    var harness =
        new Harness((_, out, err, _) -> {
          out.write(bytes("a\"b\u20ac\n"));
          err.write(new byte[] {(byte) 0xff, 0});
          return FakeIronClaw.exited(7);
        });
    assertThat(harness.run("exec", "--json", "--id", "j", "--", "x")).isEqualTo(7);
    assertThat(harness.out())
        .startsWith("{\"status\":7,\"ended_by\":\"exit\",\"wall_ms\":5.0,\"cpu_ms\":3.0,")
        .contains("\"stdout\":\"a\\\"b\u20ac\\n\",\"stdout_bytes\":7,\"stdout_truncated\":false")
        .contains("\"stderr_base64\":\"/wA=\",\"stderr_bytes\":2")
        .contains("\"vm\":{\"id\":\"j\",\"mode\":\"clone\",\"hypervisor\":\"fake 1.0\"")
        .contains("\"spawn_ms\":118.0,\"phases\":[{\"name\":\"restore\",\"ms\":100.0}]")
        .endsWith("}}\n");
    assertThat(harness.err()).isEmpty();
  }

  @Test
  void what_a_filter_refused_is_told_with_a_failure_and_is_in_the_json() {
    FakeIronClaw.Program program =
        (_, _, _, _) ->
            new ExecOutcome.Exited(
                1,
                new ExecOutcome.Usage(
                    Duration.ZERO,
                    Duration.ZERO,
                    1,
                    false,
                    List.of(new ExecOutcome.Refused("bpf", 1), new ExecOutcome.Refused("mount", 3)),
                    true));
    var harness = new Harness(program);
    assertThat(harness.run("exec", "--guest-seccomp", "minimal", "x")).isEqualTo(1);
    assertThat(harness.err())
        .contains("has refused bpf (1 time), mount (3 times), and maybe more; allow it with");
    var json = new Harness(program);
    assertThat(json.run("exec", "--json", "x")).isEqualTo(1);
    assertThat(json.out())
        .contains(
            "\"refused\":[{\"call\":\"bpf\",\"times\":1},{\"call\":\"mount\",\"times\":3}],"
                + "\"refused_at_least\":true");
    assertThat(Harness.quiet().run("exec", "--guest-seccomp", "none", "x"))
        .isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void the_proof_is_shown_at_the_end_or_is_in_the_json_with_its_digest() {
    var harness = Harness.quiet();
    assertThat(harness.run("exec", "--proof", "true")).isZero();
    assertThat(harness.err())
        .contains(
            ": 1 proven, 0 absent, 0 failed (clone, fake; re-check at 2026-11-29T08:00:00Z, read in"
                + " 2 ms)")
        .contains("proven  seccomp             Seccomp 2");
    var json = Harness.quiet();
    assertThat(json.run("exec", "--proof", "--json", "true")).isZero();
    assertThat(json.out())
        .contains("\"proof_sha256\":\"")
        .contains("\"proof\":{\"at\":\"2026-11-29T08:00:00Z\",\"format\":");
  }

  @Test
  void json_keeps_the_first_mebibyte_and_whole_characters() {
    var harness =
        new Harness((_, out, _, _) -> {
          out.write('x');
          // Two bytes each: the bound falls into one.
          out.write("\u00e9".repeat(Capture.MOST).getBytes(StandardCharsets.UTF_8));
          return FakeIronClaw.exited(0);
        });
    assertThat(harness.run("exec", "--json", "--", "x")).isZero();
    assertThat(harness.out())
        .contains("\"stdout_bytes\":" + (2L * Capture.MOST + 1))
        .contains("\"stdout_truncated\":true")
        .contains("\u00e9\",\"stdout_bytes\"");
  }

  @Test
  void json_errors_are_json_too() {
    var harness =
        new Harness(
            new FakeIronClaw(
                (_, _, _, _) -> FakeIronClaw.exited(0),
                _ -> {
                  throw new HostException("no space in /x; free some");
                }));
    assertThat(harness.run("exec", "--json", "--", "x")).isEqualTo(125);
    assertThat(harness.out())
        .isEqualTo("{\"error\":\"no space in /x; free some\",\"status\":125}\n");
    assertThat(harness.err()).isEqualTo("ironclaw: no space in /x; free some\n");
  }

  @Test
  void a_vm_that_dies_under_the_command_gives_125_and_its_reason() {
    var harness =
        new Harness((_, _, _, _) -> {
          throw new HostException("VM x died: kernel panic\u001b]0;evil\u0007\nline two");
        });
    assertThat(harness.run("exec", "--", "x")).isEqualTo(125);
    assertThat(harness.err())
        .isEqualTo("ironclaw: VM x died: kernel panic\\u001b]0;evil\\u0007\n  line two\n");
  }

  @Test
  void stack_traces_come_only_when_asked_for() {
    FakeIronClaw.Program fails =
        (_, _, _, _) -> {
          throw new HostException("it failed");
        };
    var quiet = new Harness(fails);
    quiet.run("exec", "--", "x");
    assertThat(quiet.err()).isEqualTo("ironclaw: it failed\n");
    var verbose = new Harness(fails);
    verbose.run("exec", "--verbose", "--", "x");
    assertThat(verbose.err()).contains("at io.ironclaw.cli").contains("ironclaw: it failed\n");
  }

  @Test
  void a_terminal_run_is_raw_inside_and_restored_after() {
    var harness =
        new Harness((_, out, _, guest) -> {
          out.write(bytes("size " + guest.spec().terminal().orElseThrow().columns()));
          return FakeIronClaw.exited(5);
        });
    var terminal = new Harness.FakeTerminal();
    harness.terminals = terminal;
    assertThat(harness.run("shell", "--", "top")).isEqualTo(5);
    assertThat(harness.out()).isEqualTo("size 120");
    assertThat(terminal.done.getFirst()).isEqualTo("raw");
    assertThat(terminal.done.getLast()).isEqualTo("restored");
    assertThat(harness.ironClaw.opened.getFirst().limits().time()).isEqualTo(Limits.MAX_TIME);
  }

  @Test
  void a_terminal_is_restored_before_its_descriptor_is_given_up_when_the_vm_dies() {
    var harness =
        new Harness((_, _, _, _) -> {
          throw new HostException("VM x died");
        });
    var terminal = new Harness.FakeTerminal();
    harness.terminals = terminal;
    harness.stdin =
        new InputStream() {
          @Override
          public int read() throws IOException {
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              terminal.done.add("stdin closed");
              throw new IOException(e);
            }
            return -1;
          }

          @Override
          public int read(byte[] buffer, int offset, int length) throws IOException {
            return read();
          }
        };
    assertThat(harness.run("shell")).isEqualTo(125);
    assertThat(terminal.done)
        .containsSubsequence("raw", "restored", "stdin closed")
        .doesNotContainSubsequence("stdin closed", "raw");
  }

  @Test
  void a_window_that_changes_its_size_tells_the_command() throws Exception {
    var harness =
        new Harness((_, out, _, guest) -> {
          out.write(guest.sizes().take().columns());
          out.flush();
          return FakeIronClaw.exited(guest.sizes().take().columns());
        });
    var terminal = new Harness.FakeTerminal();
    harness.terminals = terminal;
    var status = harness.startUntilOutput("shell");
    terminal.size = new io.ironclaw.api.TerminalSize(30, 99);
    harness.signals.raise("WINCH");
    assertThat(status.get(10, TimeUnit.SECONDS)).isEqualTo(99);
  }

  @Test
  void the_escape_key_three_times_ends_a_guest_that_does_not_react() throws Exception {
    var harness = new Harness(ExecCommandTest::ignoresSignals).stdin("\u001d\u001d\u001d");
    var terminal = new Harness.FakeTerminal();
    harness.terminals = terminal;
    var _ = harness.start("shell");
    assertThat(harness.halted.get(10, TimeUnit.SECONDS)).isEqualTo(129);
    assertThat(harness.ironClaw.closed).hasSize(1);
    assertThat(terminal.done).contains("restored");
  }
}
