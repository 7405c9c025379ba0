package io.ironclaw.attacks.l;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.AuditKind;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.IronClaw;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import io.ironclaw.attacks.Victims;
import io.ironclaw.audit.AuditReader;
import io.ironclaw.audit.AuditSettings;
import io.ironclaw.audit.LoggedEntry;
import io.ironclaw.audit.Verifier;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.sandbox.LocalIronClaw;
import io.ironclaw.sandbox.Settings;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A guest, and an agent that uses it, against the record of what they do. */
@Tag("vm")
@Timeout(180)
class AuditAttackTest {
  private static final int CALLS = 20_000;

  @TempDir Path folder;

  private Settings settings() {
    var env = new HashMap<>(System.getenv());
    env.put("IRONCLAW_AUDIT", folder.resolve("audit").toString());
    env.put("IRONCLAW_AUDIT_KEY", folder.resolve("key").toString());
    return Settings.fromEnvironment(env);
  }

  private static List<LoggedEntry> whole(Settings settings) throws Exception {
    AuditSettings audit = settings.audit().orElseThrow();
    assertThat(Verifier.verify(audit, List.of(), List.of()).broken()).isEmpty();
    var entries = new ArrayList<LoggedEntry>();
    new AuditReader(audit.folder()).forEach(entries::add);
    return entries;
  }

  private static void run(Sandbox sandbox, ExecSpec spec) throws Exception {
    try (var execution = sandbox.start(spec)) {
      execution.stdout().readAllBytes();
      execution.await();
    }
  }

  @Test
  void l2_a_flood_of_violations_takes_a_few_lines_and_each_is_counted() throws Exception {
    var settings = settings();
    try (IronClaw ironclaw = LocalIronClaw.start(settings);
        var vm = ironclaw.open()) {
      run(
          vm,
          ExecSpec.of(
              "python3",
              "-c",
              "import ctypes\nc = ctypes.CDLL(None).mount\nfor _ in range("
                  + CALLS
                  + "): c(b'n', b'/mnt', b'tmpfs', 0, None)"));
      for (int i = 0; i < 30; i++) {
        run(vm, ExecSpec.of("true"));
      }
      assertThat(ironclaw.audit().recent())
          .anyMatch(entry -> entry.kind() == AuditKind.GUEST_SECCOMP && entry.times() == CALLS);
    }
    var entries = whole(settings);
    assertThat(
            entries.stream()
                .filter(e -> e.kind().equals("guest-seccomp"))
                .mapToLong(LoggedEntry::times)
                .sum())
        .isEqualTo(CALLS);
    assertThat(entries.size()).isLessThan(200);
  }

  @Test
  void l3_what_is_put_into_arguments_and_paths_makes_no_line_of_its_own() throws Exception {
    var settings = settings();
    String forged = "\"}\n{\"n\":2,\"kind\":\"vm-closed\"}\r\u001b]0;x\u0007\u202e";
    try (IronClaw ironclaw = LocalIronClaw.start(settings);
        var vm = ironclaw.open()) {
      run(vm, ExecSpec.of("echo", forged).withEnv(forged.replace("=", ""), "x").withCwd("/tmp"));
      assertThatThrownBy(() -> vm.readFile("/tmp/" + forged, 0, 0, new ByteArrayOutputStream()))
          .isInstanceOf(IronClawException.class);
    }
    var entries = whole(settings);
    assertThat(entries).anyMatch(e -> String.valueOf(e.data().get("path")).endsWith(forged));
    try (var files = Files.list(settings.audit().orElseThrow().folder())) {
      for (var file : files.filter(f -> f.toString().endsWith(".jsonl")).toList()) {
        assertThat(Files.readString(file)).matches("(?s)[\\x20-\\x7e\\n]*");
      }
    }
  }

  @Test
  void l1_neither_a_guest_nor_its_hypervisor_gets_at_the_key_or_the_log() throws Exception {
    var settings = settings();
    try (IronClaw ironclaw = LocalIronClaw.start(settings);
        var vm = ironclaw.open()) {
      run(vm, ExecSpec.of("true"));
      Path key = settings.audit().orElseThrow().keyFolder().resolve("audit-key.pem");
      long until = System.nanoTime() + 20_000_000_000L;
      while (!Files.exists(key) && System.nanoTime() < until) {
        run(vm, ExecSpec.of("true"));
      }
      assertThat(key).exists();
      // What the hypervisor sees of the host.
      Path root = Path.of("/proc", Long.toString(vm.handOutProof().pid()), "root");
      for (var secret : List.of(key, settings.audit().orElseThrow().folder())) {
        assertThat(
                Files.exists(
                    root.resolve(secret.toString().substring(1)), LinkOption.NOFOLLOW_LINKS))
            .isFalse();
      }
      if (PrivateDir.isRoot()) {
        // Nor would its user, out of the jail.
        var reading =
            new ProcessBuilder(
                    "setpriv",
                    "--reuid",
                    "1900000000",
                    "--regid",
                    "1900000000",
                    "--clear-groups",
                    "cat",
                    key.toString())
                .redirectErrorStream(true)
                .start();
        assertThat(
                new String(
                    reading.getInputStream().readAllBytes(),
                    java.nio.charset.StandardCharsets.UTF_8))
            .contains("Permission denied");
        assertThat(reading.waitFor()).isNotZero();
      }
      assertThat(Victims.sh(vm, "ls " + key).outcome().shellStatus()).isNotZero();
    }
  }
}
