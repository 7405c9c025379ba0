package io.ironclaw.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.cli.doctor.Finding.Level;
import io.ironclaw.sandbox.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
  @TempDir private Path root;
  private Path bin;
  private Path cache;

  @BeforeEach
  void makeHost() throws IOException {
    bin = Files.createDirectories(root.resolve("bin"));
    cache =
        Files.createDirectory(
            root.resolve("cache"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private HostView host(String... variables) {
    var env =
        new java.util.HashMap<>(
            Map.of("PATH", bin.toString(), "IRONCLAW_CACHE", cache.toString(), "HOME", "/x"));
    for (String variable : variables) {
      int equals = variable.indexOf('=');
      env.put(variable.substring(0, equals), variable.substring(equals + 1));
    }
    return new HostView(root, Settings.fromEnvironment(env));
  }

  private void program(String name, String script) throws IOException {
    Path program = bin.resolve(name);
    Files.writeString(program, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void file(String absolute, String text) throws IOException {
    Path file = root.resolve(absolute.substring(1));
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static Finding only(List<Finding> findings) {
    assertThat(findings).hasSize(1);
    return findings.getFirst();
  }

  @Test
  void an_audit_that_can_not_be_kept_is_told_with_what_that_means() throws Exception {
    Path state = root.resolve("state");
    String folder = "IRONCLAW_AUDIT=" + state.resolve("audit");
    String key = "IRONCLAW_AUDIT_KEY=" + state.resolve("key");
    assertThat(new AuditCheck().examine(host(folder, key)))
        .allMatch(f -> f.level() == Level.OK)
        .hasSize(2);
    assertThat(only(new AuditCheck().examine(host("IRONCLAW_AUDIT=off"))).meaning())
        .contains("not kept");
    Files.writeString(state, "in the way");
    assertThat(new AuditCheck().examine(host(folder, key)))
        .allMatch(f -> f.level() == Level.WARNING);
    Path config = Files.writeString(root.resolve("c.toml"), "[audit]\nfull = \"stop\"\n");
    assertThat(
            new AuditCheck()
                .examine(host(folder, key, "IRONCLAW_CONFIG=" + config))
                .getFirst()
                .level())
        .isEqualTo(Level.PROBLEM);
    Files.delete(state);
    Files.createDirectories(state.resolve("key"));
    Files.setPosixFilePermissions(
        state.resolve("key"), PosixFilePermissions.fromString("rwx------"));
    Path pem = Files.writeString(state.resolve("key/audit-key.pem"), "");
    Files.setPosixFilePermissions(pem, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(new AuditCheck().examine(host(folder, key)).getLast().fix())
        .contains("chmod 600 " + pem);
  }

  @Test
  void a_qemu_with_a_microvm_is_fine() throws Exception {
    program(
        "qemu-system-x86_64",
        "case $1 in --version) echo 'QEMU emulator version 7.2.22';; *) echo 'microvm  x';; esac");
    var finding = only(new QemuCheck().examine(host()));
    assertThat(finding.level()).isEqualTo(Level.OK);
    assertThat(finding.found()).contains("7.2.22");
  }

  @Test
  void what_qemu_needs_is_no_problem_where_vms_run_on_firecracker() throws Exception {
    var without = only(new QemuCheck().examine(host()));
    assertThat(without.level()).isEqualTo(Level.PROBLEM);
    var java = Finding.problem("Java", "17", "too old", "install 25");
    var findings = Doctor.withoutQemu(List.of(without, java));
    assertThat(findings).extracting(Finding::level).containsExactly(Level.WARNING, Level.PROBLEM);
    assertThat(findings.getFirst().meaning()).contains("run on Firecracker");
  }

  @Test
  void which_hypervisor_was_asked_for_is_said() {
    assertThat(only(new HypervisorCheck().examine(host("IRONCLAW_HYPERVISOR=qemu"))).found())
        .contains("IRONCLAW_HYPERVISOR=qemu");
  }

  @Test
  void a_qemu_without_it_or_another_program_is_a_problem() throws Exception {
    program(
        "qemu-system-x86_64",
        "case $1 in --version) echo 'QEMU emulator version 7.2.22';; *) echo 'pc  x';; esac");
    assertThat(only(new QemuCheck().examine(host())).level()).isEqualTo(Level.PROBLEM);
    program("qemu-system-x86_64", "echo hello");
    assertThat(only(new QemuCheck().examine(host())).level()).isEqualTo(Level.PROBLEM);
    assertThat(only(new QemuCheck().examine(host("IRONCLAW_QEMU=/no/qemu"))).found())
        .contains("/no/qemu");
  }

  @Test
  void no_kvm_is_a_warning_that_says_what_it_means() throws Exception {
    var finding = only(new KvmCheck().examine(host()));
    assertThat(finding.level()).isEqualTo(Level.WARNING);
    assertThat(finding.meaning()).contains("no hardware boundary");
    assertThat(finding.fix()).hasValueSatisfying(fix -> assertThat(fix).contains("modprobe"));
  }

  @Test
  void a_paravirtual_kvm_is_no_kvm() throws Exception {
    file("/dev/kvm", "");
    file("/sys/module/kvm_pvm/version", "");
    var finding = only(new KvmCheck().examine(host()));
    assertThat(finding.level()).isEqualTo(Level.WARNING);
    assertThat(finding.found()).contains("kvm_pvm");
  }

  @Test
  void the_probe_of_an_earlier_vm_counts_until_the_host_boots_again() throws Exception {
    file("/dev/kvm", "");
    file("/proc/sys/kernel/random/boot_id", "boot-1\n");
    Files.writeString(cache.resolve("kvm-probe"), "boot-1 x y z\nDOES_NOT_WORK\nit did not boot\n");
    assertThat(only(new KvmCheck().examine(host())).found()).contains("it did not boot");
    Files.writeString(cache.resolve("kvm-probe"), "boot-0 x y z\nDOES_NOT_WORK\nit did not boot\n");
    assertThat(only(new KvmCheck().examine(host())).level()).isEqualTo(Level.OK);
  }

  @Test
  void a_missing_image_tool_is_a_problem_only_while_there_is_no_image() throws Exception {
    var before = new ToolsCheck().examine(host());
    assertThat(before)
        .filteredOn(f -> f.what().equals("sqfstar"))
        .extracting(Finding::level)
        .containsExactly(Level.PROBLEM);
    file("/cache/manifests/rootfs-r1-debian.manifest", "");
    assertThat(new ToolsCheck().examine(host()))
        .filteredOn(f -> f.what().equals("sqfstar"))
        .extracting(Finding::level)
        .containsExactly(Level.WARNING);
  }

  @Test
  void restricted_user_namespaces_name_the_setting() throws Exception {
    program("bwrap", "exit 1");
    file("/proc/sys/user/max_user_namespaces", "1000");
    file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
    var finding = new JailCheck().examine(host()).getLast();
    assertThat(finding.level()).isEqualTo(Level.PROBLEM);
    assertThat(finding.fix())
        .contains("sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
    file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "0\n");
    assertThat(new JailCheck().examine(host()).getLast().level()).isEqualTo(Level.WARNING);
  }

  @Test
  void no_bubblewrap_is_a_problem_and_no_jail_that_was_asked_for_a_warning() throws Exception {
    var missing = only(new JailCheck().examine(host()));
    assertThat(missing.level()).isEqualTo(Level.PROBLEM);
    assertThat(missing.fix()).contains("sudo apt-get install bubblewrap");
    var none = only(new JailCheck().examine(host("IRONCLAW_JAIL=none")));
    assertThat(none.level()).isEqualTo(Level.WARNING);
    assertThat(none.found()).contains("IRONCLAW_JAIL=none");
  }

  @Test
  void limits_that_can_not_be_had_are_a_warning_with_each_reason() {
    assertThat(CgroupCheck.judge(Map.of()).level()).isEqualTo(Level.OK);
    assertThat(CgroupCheck.judge(Map.of("cgroup-io", "no weight")).level()).isEqualTo(Level.OK);
    var finding = CgroupCheck.judge(Map.of("cgroup-memory", "not delegated"));
    assertThat(finding.level()).isEqualTo(Level.WARNING);
    assertThat(finding.found()).contains("cgroup-memory: not delegated");
    assertThat(finding.fix()).hasValueSatisfying(fix -> assertThat(fix).contains("Delegate=yes"));
  }

  @Test
  void little_memory_is_a_warning() throws Exception {
    file("/proc/meminfo", "MemTotal:  1000000 kB\nMemAvailable:     102400 kB\n");
    var finding = only(new MemoryCheck().examine(host()));
    assertThat(finding.level()).isEqualTo(Level.WARNING);
    assertThat(finding.found()).contains("100 MiB available");
    file("/proc/meminfo", "MemAvailable: lots kB\n");
    assertThat(only(new MemoryCheck().examine(host())).level()).isEqualTo(Level.WARNING);
  }

  @Test
  void a_runtime_folder_that_others_can_enter_is_a_problem() throws Exception {
    Path open = Files.createDirectories(root.resolve("open/ironclaw"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
    var findings = new FoldersCheck().examine(host("XDG_RUNTIME_DIR=" + root.resolve("open")));
    assertThat(findings)
        .filteredOn(f -> f.what().equals("runtime folder"))
        .extracting(Finding::level)
        .containsExactly(Level.PROBLEM);
    assertThat(findings)
        .extracting(Finding::fix)
        .contains(java.util.Optional.of("chmod 700 " + open));
  }

  @Test
  void a_runtime_folder_too_deep_for_sockets_is_a_problem() throws Exception {
    var deep = Files.createDirectory(root.resolve("d".repeat(100)));
    var findings = new FoldersCheck().examine(host("XDG_RUNTIME_DIR=" + deep));
    assertThat(findings).extracting(Finding::found).anyMatch(found -> found.contains("too long"));
  }

  @Test
  void templates_that_are_switched_off_are_a_warning() throws Exception {
    assertThat(only(new TemplatesCheck().examine(host("IRONCLAW_TEMPLATES=off"))).level())
        .isEqualTo(Level.WARNING);
    Files.createDirectories(cache.resolve("templates/abc"));
    assertThat(only(new TemplatesCheck().examine(host())).found()).startsWith("1 ready");
  }

  @Test
  void what_killed_runs_left_is_a_warning_with_the_command_that_removes_it() throws Exception {
    Files.createDirectories(cache.resolve("templates/abc"));
    Files.createDirectories(cache.resolve("templates/abd.building"));
    var findings = new TemplatesCheck().examine(host());
    assertThat(findings).hasSize(2);
    assertThat(findings.getFirst().found()).startsWith("1 ready");
    assertThat(findings.getLast().found()).startsWith("1 ");
    assertThat(findings.getLast().fix()).contains("ironclaw prune");
  }
}
