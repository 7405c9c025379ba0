package io.ironclaw.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class OtherCommandsTest {
  @Test
  void spawn_vm_holds_its_vm_until_a_signal_and_says_how_it_went() throws Exception {
    for (String signal : new String[] {"INT", "TERM", "HUP"}) {
      var harness = Harness.quiet();
      var status = harness.startUntilOutput("spawn-vm", "--id", "held");
      harness.signals.raise(signal);
      assertThat(status.get(10, TimeUnit.SECONDS)).isZero();
      assertThat(harness.out())
          .contains("VM held is ready after 118 ms: clone, fake 1.0, isolation: emulated")
          .contains("restore       100 ms")
          .contains("VM held is gone after");
      assertThat(harness.ironClaw.closed).hasSize(1);
    }
  }

  @Test
  void spawn_vm_that_fails_says_why() {
    var harness =
        new Harness(
            new FakeIronClaw(
                (_, _, _, _) -> FakeIronClaw.exited(0),
                _ -> {
                  throw new HostException("no QEMU: not on PATH; install it");
                }));
    assertThat(harness.run("spawn-vm", "--json")).isEqualTo(125);
    assertThat(harness.out())
        .isEqualTo("{\"error\":\"no QEMU: not on PATH; install it\",\"status\":125}\n");
    assertThat(harness.err()).isEqualTo("ironclaw: no QEMU: not on PATH; install it\n");
  }

  @Test
  void test_mcp_names_a_server_that_can_not_be_started() {
    var harness = Harness.quiet();
    assertThat(harness.run("test-mcp", "--", "/no/such/server")).isEqualTo(1);
    assertThat(harness.err()).startsWith("ironclaw: ").contains("/no/such/server");
  }

  @Test
  void test_mcp_says_that_a_server_ended_and_shows_its_last_words_safely() {
    var harness = Harness.quiet();
    assertThat(
            harness.run(
                "test-mcp", "--", "/bin/sh", "-c", "printf 'last \\033[2J words' >&2; exit 3"))
        .isEqualTo(1);
    assertThat(harness.err()).contains("words").doesNotContain("\u001b");
  }

  @Test
  void test_mcp_does_not_wait_for_a_silent_server_for_ever() {
    var harness = Harness.quiet();
    assertThat(harness.run("test-mcp", "--timeout", "200ms", "--", "/bin/cat", "/dev/zero"))
        .isEqualTo(1);
    assertThat(harness.err()).startsWith("ironclaw: ");
  }

  @Test
  void test_mcp_checks_its_options() {
    for (var args :
        new String[][] {
          {"test-mcp"},
          {"test-mcp", "--args", "{}", "--", "true"},
          {"test-mcp", "--timeout", "0", "--", "true"},
          {"test-mcp", "--timeout", "-1s", "--", "true"},
          {"test-mcp", "--call", "x", "--args", "not json", "--", "true"}
        }) {
      var harness = Harness.quiet();
      assertThat(harness.run(args)).as("%s", (Object) args).isEqualTo(ExitStatus.USAGE);
      assertThat(harness.err()).startsWith("ironclaw: ");
    }
  }

  @Test
  void mcp_without_a_transport_names_it() {
    var harness = Harness.quiet();
    assertThat(harness.run("mcp")).isEqualTo(ExitStatus.USAGE);
    assertThat(harness.err()).contains("ironclaw mcp stdio");
  }

  @Test
  void mcp_stdio_ends_with_its_client_and_made_no_vm_for_nothing() {
    var harness = Harness.quiet();
    assertThat(harness.run("mcp", "stdio")).isZero();
    assertThat(harness.out()).isEmpty();
    assertThat(harness.ironClaw.opened).isEmpty();
  }

  @Test
  void mcp_stdio_refuses_bad_options_before_a_client_sees_it() {
    var harness = Harness.quiet();
    assertThat(harness.run("mcp", "stdio", "--memory", "1t")).isEqualTo(ExitStatus.USAGE);
    assertThat(harness.err()).contains("memory");
  }

  @Test
  void the_doctor_fails_without_a_hypervisor_and_says_how_to_get_one(@TempDir Path folder)
      throws IOException {
    var harness = Harness.quiet();
    harness.env.putAll(
        Map.of("PATH", folder.toString(), "IRONCLAW_CACHE", folder.resolve("cache").toString()));
    assertThat(harness.run("doctor")).isEqualTo(1);
    assertThat(harness.out())
        .contains("problem  QEMU")
        .contains("fix: sudo apt-get install qemu-system-x86")
        .contains("VMs can't run here");
    assertThat(folder).as("read-only").isEmptyDirectory();
  }

  @Test
  void a_proof_of_no_vm_and_one_that_was_changed_are_told(@TempDir Path folder) throws IOException {
    var harness = Harness.quiet();
    harness.env.putAll(Map.of("IRONCLAW_CACHE", folder.toString()));
    assertThat(harness.run("proof")).isEqualTo(ExitStatus.USAGE);
    assertThat(harness.run("proof", "--last", "vm-1")).isEqualTo(ExitStatus.USAGE);
    assertThat(harness.run("proof", "--last")).isEqualTo(ExitStatus.OWN_ERROR);
    assertThat(harness.run("proof", "vm-1")).isEqualTo(ExitStatus.OWN_ERROR);
    assertThat(harness.run("proof", "../vm-1")).isEqualTo(ExitStatus.USAGE);
    assertThat(harness.err())
        .contains("name a VM, or take the last with --last")
        .contains("there is no proof yet")
        .contains("no VM vm-1 of this user runs");
    Path proofs = Files.createDirectory(folder.resolve("proofs"));
    Files.writeString(proofs.resolve("vm-2.json"), "{}");
    var changed = Harness.quiet();
    changed.env.putAll(Map.of("IRONCLAW_CACHE", folder.toString()));
    assertThat(changed.run("proof", "vm-2")).isEqualTo(ExitStatus.OWN_ERROR);
    assertThat(changed.err()).contains("vm-2.json is no isolation proof: ").contains("delete it");
  }

  @Test
  void the_doctor_speaks_json_too(@TempDir Path folder) {
    var harness = Harness.quiet();
    harness.env.putAll(Map.of("PATH", folder.toString(), "IRONCLAW_CACHE", folder.toString()));
    assertThat(harness.run("doctor", "--json")).isEqualTo(1);
    assertThat(harness.out())
        .startsWith("{\"can_run\":false,\"findings\":[{\"what\":\"Java\",\"level\":\"ok\"")
        .contains("\"what\":\"QEMU\",\"level\":\"problem\"")
        .endsWith("]}\n");
  }
}
