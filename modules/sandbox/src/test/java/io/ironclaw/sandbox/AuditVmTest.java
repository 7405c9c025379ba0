package io.ironclaw.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ironclaw.api.Assurance;
import io.ironclaw.api.AuditKind;
import io.ironclaw.api.Event;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.GuestRefusedException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.audit.AuditReader;
import io.ironclaw.audit.LoggedEntry;
import io.ironclaw.audit.Verifier;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a real VM and what is done in it leave in the audit, and what they do not. */
@Tag("vm")
@Timeout(120)
class AuditVmTest {
  @TempDir Path folder;

  private Settings settings(String... more) {
    var env = new HashMap<>(System.getenv());
    env.put("IRONCLAW_AUDIT", folder.resolve("audit").toString());
    env.put("IRONCLAW_AUDIT_KEY", folder.resolve("key").toString());
    for (int i = 0; i < more.length; i += 2) {
      env.put(more[i], more[i + 1]);
    }
    return Settings.fromEnvironment(env);
  }

  private List<LoggedEntry> entries(Settings settings) throws Exception {
    var audit = settings.audit().orElseThrow();
    assertThat(Verifier.verify(audit, List.of(), List.of()).broken()).isEmpty();
    var entries = new ArrayList<LoggedEntry>();
    new AuditReader(audit.folder()).forEach(entries::add);
    return entries;
  }

  private static LoggedEntry one(List<LoggedEntry> entries, AuditKind kind) {
    return entries.stream().filter(e -> e.kind().equals(kind.text())).findFirst().orElseThrow();
  }

  @Test
  void the_life_of_a_vm_and_all_that_is_done_in_it_is_entered() throws Exception {
    var settings = settings();
    String proof;
    try (var ironclaw = LocalIronClaw.start(settings, "test")) {
      try (var vm = ironclaw.open()) {
        proof = vm.handOutProof().sha256();
        try (var cat =
            vm.start(
                ExecSpec.of("sh", "-c", "cat; echo err >&2; exit 3")
                    .withEnv("NAME", "value-of-name")
                    .withCwd("/tmp")
                    .withUid(1000)
                    .withStdin())) {
          try (var in = cat.stdin()) {
            in.write("hello".getBytes(StandardCharsets.US_ASCII));
          }
          assertThat(cat.stdout().readAllBytes()).hasSize(5);
          assertThat(cat.stderr().readAllBytes()).hasSize(4);
          assertThat(cat.await().shellStatus()).isEqualTo(3);
        }
        vm.writeFile(
            "/tmp/f",
            0600,
            false,
            new ByteArrayInputStream("abc".getBytes(StandardCharsets.US_ASCII)));
        var read = new ByteArrayOutputStream();
        vm.readFile("/tmp/f", 0, 0, read);
        assertThatThrownBy(() -> vm.readFile("/no/such", 0, 0, new ByteArrayOutputStream()))
            .isInstanceOf(GuestRefusedException.class);
        RealVms.run(
            vm,
            "python3",
            "-c",
            "import ctypes; c = ctypes.CDLL(None).mount; [c(b'n', b'/mnt', b'tmpfs', 0, None) for _"
                + " in range(2)]");
        RealVms.run(vm, ExecSpec.of("sleep", "100").withTimeout(Duration.ofMillis(300)));
      }
    }
    var entries = entries(settings);
    assertThat(entries.stream().map(LoggedEntry::kind).distinct())
        .containsExactlyInAnyOrder(
            "segment",
            "process-began",
            "vm-opened",
            "vm-proven",
            "exec-began",
            "exec-ended",
            "file-in",
            "file-out",
            "guest-seccomp",
            "limit",
            "vm-closed",
            "checkpoint");
    assertThat(one(entries, AuditKind.PROCESS_BEGAN).data()).containsEntry("how", "test");
    assertThat(one(entries, AuditKind.VM_PROVEN).data()).containsEntry("proof_sha256", proof);
    assertThat(one(entries, AuditKind.EXEC_BEGAN).data())
        .containsEntry("argv", List.of("sh", "-c", "cat; echo err >&2; exit 3"))
        .containsEntry("cwd", "/tmp")
        .containsEntry("uid", 1000L)
        .containsEntry("env", List.of("NAME"));
    assertThat(one(entries, AuditKind.EXEC_ENDED).data())
        .containsEntry("status", 3L)
        .containsEntry("in", 5L)
        .containsEntry("out", 5L)
        .containsEntry("err", 4L)
        .containsKeys("cpu_ms", "peak_kib", "ms");
    String abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assertThat(one(entries, AuditKind.FILE_IN).data())
        .containsAllEntriesOf(Map.of("path", "/tmp/f", "bytes", 3L, "sha256", abc));
    assertThat(one(entries, AuditKind.FILE_OUT).data())
        .containsAllEntriesOf(Map.of("path", "/tmp/f", "bytes", 3L, "sha256", abc));
    assertThat(entries)
        .anyMatch(e -> e.kind().equals("file-out") && e.data().containsKey("failure"));
    var refused = one(entries, AuditKind.GUEST_SECCOMP);
    assertThat(refused.times()).isEqualTo(2);
    assertThat(refused.data()).containsEntry("call", "mount");
    assertThat(one(entries, AuditKind.LIMIT).data()).containsEntry("limit", "time");
  }

  /** In the log, in memory and in what is published: what was planted is in none of them. */
  @Test
  void no_secret_reaches_the_audit() throws Exception {
    var settings = settings();
    var events = new CopyOnWriteArrayList<String>();
    String entered;
    try (var ironclaw = LocalIronClaw.start(settings)) {
      var all = ironclaw.events().subscribe(Event.class, e -> events.add(e + e.text()));
      try (var vm = ironclaw.open()) {
        var spec =
            ExecSpec.of("sh", "-c", "echo PLANTED-one; echo $A; curl -u me:PLANTED-two http://x")
                .withSecret("A", "PLANTED-one")
                .withEnv("API_TOKEN", "PLANTED-three");
        var result = RealVms.run(vm, spec);
        assertThat(result.stdout()).startsWith("PLANTED-one\nPLANTED-one\n");
        RealVms.run(vm, "echo", "PLANTED-three", "--password", "PLANTED-four");
        RealVms.run(vm, "echo", "UExBTlRFRC1vbmU=");
        assertThatThrownBy(
                () -> vm.readFile("/tmp/PLANTED-one/x", 0, 0, new ByteArrayOutputStream()))
            .isInstanceOf(IronClawException.class);
      }
      assertThat(all.drain(Duration.ofSeconds(10))).isTrue();
      entered = ironclaw.audit().recent().toString();
    }
    var texts = new ArrayList<>(events);
    texts.add(entered);
    try (var files = Files.walk(folder)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        texts.add(Files.readString(file));
      }
    }
    assertThat(texts.size()).isGreaterThan(10);
    assertThat(texts)
        .allSatisfy(text -> assertThat(text).doesNotContain("PLANTED", "UExBTlRFRC1vbmU"));
    assertThat(entered).contains("[masked]");
  }

  @Test
  void what_is_refused_before_a_vm_is_there_is_entered_too() throws Exception {
    var settings = settings();
    try (var ironclaw = LocalIronClaw.start(settings)) {
      assertThatThrownBy(() ->
              ironclaw.open(
                  RealVms.spec()
                      .requiring(
                          Assurance.of(Assurance.Demand.HARDWARE)
                              .and(Assurance.parse("own-uid,cgroup-swap")))))
          .isInstanceOf(IronClawException.class);
      assertThat(ironclaw.audit().recent())
          .anyMatch(e ->
              (e.kind() == AuditKind.REFUSED || e.kind() == AuditKind.VM_REFUSED)
                  && e.text("what").isPresent());
    }
  }

  @Test
  void where_the_audit_stops_and_can_not_be_written_no_vm_is_started_and_no_command()
      throws Exception {
    Path config = Files.writeString(folder.resolve("c.toml"), "[audit]\nfull = \"stop\"\n");
    var settings = settings("IRONCLAW_CONFIG", config.toString());
    Path log = settings.audit().orElseThrow().folder();
    try (var ironclaw = LocalIronClaw.start(settings)) {
      try (var vm = ironclaw.open()) {
        assertThat(RealVms.sh(vm, "echo one").stdout()).isEqualTo("one\n");
        // In the way, as a full disk would be.
        io.ironclaw.host.PrivateDir.deleteTree(log);
        Files.writeString(log, "");
        assertThatThrownBy(() -> vm.start(ExecSpec.of("true")))
            .hasMessageContaining("nothing is begun that can't be entered in the audit");
        assertThatThrownBy(() -> ironclaw.open()).hasMessageContaining("entered in the audit");
        assertThatThrownBy(() -> vm.readFile("/etc/hostname", 0, 0, new ByteArrayOutputStream()))
            .hasMessageContaining("entered in the audit");
      }
    }
    assertThat(Optional.of(log)).get().satisfies(file -> assertThat(file).isEmptyFile());
  }

  /** As the kernel notes a call of a process. */
  private static void noted(long pid) throws Exception {
    Files.writeString(
        Path.of("/dev/kmsg"),
        ("audit: type=1326 audit(%d.123:9): auid=0 uid=0 gid=0 ses=1 pid=%d comm=43505520302F54"
                + " exe=\"/q\" sig=0 arch=c000003e syscall=165 compat=0 ip=0x1 code=0x7ffc0000\n")
            .formatted(java.time.Instant.now().getEpochSecond() + 1, pid),
        StandardOpenOption.WRITE);
  }

  /** A filter that only notes: the kernel's log alone knows what it would have killed for. */
  @Test
  void what_the_filter_of_a_hypervisor_notes_is_entered_by_name_and_thread() throws Exception {
    assumeTrue(io.ironclaw.host.PrivateDir.isRoot(), "root alone may read the kernel's log");
    var settings = settings("IRONCLAW_SECCOMP", "learning");
    try (var ironclaw = LocalIronClaw.start(settings);
        var vm = ironclaw.open()) {
      long pid = vm.handOutProof().pid();
      noted(pid);
      var seen = Optional.<io.ironclaw.api.AuditEntry>empty();
      for (int i = 0; i < 1_000 && seen.isEmpty(); i++) {
        RealVms.sh(vm, "true");
        seen =
            ironclaw.audit().recent().stream()
                .filter(e -> e.kind() == AuditKind.HYPERVISOR_SECCOMP)
                .filter(e -> e.text("thread").orElse("").equals("CPU 0/T"))
                .findFirst();
      }
      assertThat(seen.orElseThrow().text("call")).contains("mount (165)");
      assertThat(seen.orElseThrow().text("action")).contains("it was noted and done");
    }
  }

  @Test
  void a_hypervisor_that_dies_is_entered_with_the_reason() throws Exception {
    var settings = settings();
    try (var ironclaw = LocalIronClaw.start(settings);
        var vm = ironclaw.open()) {
      long pid =
          ProcessHandle.current()
              .descendants()
              .filter(p -> p.info().command().orElse("").contains("qemu"))
              .findFirst()
              .orElseThrow()
              .pid();
      ProcessHandle.of(pid).orElseThrow().destroyForcibly();
      ProcessHandle.of(pid).ifPresent(p -> p.onExit().join());
      vm.close();
    }
    assertThat(one(entries(settings), AuditKind.VM_DIED).data().get("what").toString())
        .contains("the hypervisor");
  }
}
