package io.ironclaw.vm.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HostException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Seccomp;
import io.ironclaw.api.Verdict;
import io.ironclaw.api.VmStartException;
import io.ironclaw.host.Manifest;
import io.ironclaw.jail.Reading;
import io.ironclaw.jail.seccomp.FilterCache;
import io.ironclaw.vm.Boots;
import io.ironclaw.vm.Machine;
import io.ironclaw.vm.PhaseClock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What confines Firecracker, and that its absence is seen. */
@Tag("firecracker")
class ConfinementTest {
  private static final int NUMBER_OF_ACCEPT4 = 288;

  @TempDir private Path temp;

  private static Reading read(Machine machine, ProofItem item) throws Exception {
    return machine.confinement().stream()
        .filter(reading -> reading.item() == item)
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @EnumSource(names = {"MINIMAL", "BASIC", "PERMISSIVE"})
  void every_policy_lets_a_machine_boot_be_saved_and_be_cloned(Seccomp policy) throws Exception {
    try (var bench = Bench.in(temp, Bench.program(), policy)) {
      var template = bench.template();
      try (var clone =
          bench.hypervisor().restore(bench.plan("guest"), template, new PhaseClock())) {
        var reading = read(clone, ProofItem.SECCOMP);
        assertThat(reading.verdict()).as(reading.text().get()).isEqualTo(Verdict.PROVEN);
        assertThat(reading.text().get())
            .contains("Seccomp 2, 1 filters", "fc_api, fc_vcpu 0, firecracker");
      }
    }
  }

  /** The real jailer with other arguments than it was given. */
  private FirecrackerProgram changed(String change) throws Exception {
    var real = Bench.program();
    Path jailer =
        Files.writeString(
            temp.resolve("jailer"),
            """
            #!/bin/bash
            n=$#
            while [ $n -gt 0 ]; do
              a=$1; shift; n=$((n - 1))
              [ "$a" != --id ] || id=$1
              [ "$a" != --chroot-base-dir ] || root=$1/firecracker/$id/root
              %s
              set -- "$@" "$a"
            done
            exec $before %s "$@"
            """
                .formatted(
                    change.replace("OURS", "" + ProcessHandle.current().pid()), real.jailer()));
    Files.setPosixFilePermissions(jailer, PosixFilePermissions.fromString("rwxr-xr-x"));
    return new FirecrackerProgram(real.path(), jailer, real.version(), real.stamp());
  }

  @Test
  void with_nothing_changed_nothing_fails() throws Exception {
    try (var bench = Bench.in(temp, changed(":"), Seccomp.BASIC);
        var machine = bench.boot()) {
      assertThat(machine.confinement())
          .filteredOn(reading -> reading.verdict() == Verdict.FAILED)
          .isEmpty();
    }
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '^',
      value = {
        "seccomp ~ [ \"$a\" != --seccomp-filter ] || { shift; n=$((n - 1)); a=--no-seccomp; }",
        "seccomp ~ [ \"$a\" != --seccomp-filter ] || { shift; n=$((n - 1)); continue; }",
        "process-limits ~ [ \"$a\" != no-file=256 ] || a=no-file=128",
        "mounts ~ [ $n -gt 0 ] || { mkdir $root/etc; mount --bind /etc $root/etc; }",
        "mounts ~ [ $n -gt 0 ] || mount -o remount,bind,rw $root/kernel",
        "namespaces ~ before='/usr/bin/nsenter --ipc=/proc/OURS/ns/ipc --'",
        "namespaces ~ before='/usr/bin/nsenter --net=/proc/OURS/ns/net --'",
        "namespaces ~ before='/usr/bin/nsenter --uts=/proc/OURS/ns/uts --'",
      })
  void a_jail_that_lacks_a_part_fails_the_proof(String item, String change) throws Exception {
    try (var bench = Bench.in(temp, changed(change), Seccomp.BASIC);
        var machine = bench.boot()) {
      assertThat(machine.confinement())
          .filteredOn(reading -> reading.verdict() == Verdict.FAILED)
          .extracting(reading -> reading.item().text())
          .contains(item);
    }
  }

  @Test
  void a_hypervisor_that_stays_root_is_not_talked_to() throws Exception {
    var program =
        changed("[ \"$a\" != --uid ] || { shift; n=$((n - 1)); set -- \"$@\" --uid; a=0; }");
    var waits =
        new Waits(
            java.time.Duration.ofMillis(600),
            Waits.USUAL.answer(),
            Waits.USUAL.memory(),
            Waits.USUAL.guest());
    try (var bench = Bench.in(temp, program, Seccomp.BASIC, waits)) {
      assertThatThrownBy(bench::boot)
          .isInstanceOf(VmStartException.class)
          .hasMessageContaining("can't be reached");
    }
  }

  @Test
  void a_filter_that_only_notes_is_not_shown_to_be_in_force() throws Exception {
    try (var bench = Bench.in(temp, Bench.program(), Seccomp.LEARNING);
        var machine = bench.boot()) {
      assertThat(read(machine, ProofItem.SECCOMP).verdict()).isEqualTo(Verdict.ABSENT);
    }
  }

  /** Replaces the filters that are kept of a policy, as if they were what was made of it. */
  private void plant(Map<String, byte[]> programs) throws Exception {
    var bytes = ByteBuffer.allocate(100_000).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(programs.size());
    programs.forEach((kind, program) -> {
      bytes.putLong(kind.length()).put(kind.getBytes(StandardCharsets.US_ASCII));
      bytes.putLong(program.length / 8).put(program);
    });
    byte[] made = new byte[bytes.position()];
    bytes.flip().get(made);
    var cache = new FilterCache(temp.resolve("state").resolve("seccomp"));
    Path file =
        cache.of(
            new FilterCache.Wanted(
                FirecrackerSeccomp.json(Seccomp.MINIMAL), FilterCache.Use.ENFORCE),
            Bench.program().filters());
    Files.write(file, made);
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(made));
    String name = file.getFileName().toString().replace(".bpf", "");
    new Manifest(Map.of("filter.sha256", hash)).write(file.resolveSibling(name));
  }

  private static byte[] instructions(long... all) {
    var program = ByteBuffer.allocate(all.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    for (long one : all) {
      program.putLong(one);
    }
    return program.array();
  }

  private static final long ALLOW = 0x7fff_0000_0000_0006L;

  private static Map<String, byte[]> allowing() {
    byte[] allow = instructions(ALLOW);
    return new TreeMap<>(Map.of("api", allow, "vcpu", allow, "vmm", allow));
  }

  @ParameterizedTest
  @ValueSource(strings = {"api", "vcpu", "vmm"})
  void a_kind_of_thread_that_firecracker_leaves_without_a_filter_fails_the_proof(String kind)
      throws Exception {
    try (var bench = Bench.in(temp)) {
      var programs = allowing();
      programs.put(kind, new byte[0]);
      plant(programs);
      try (var machine = bench.boot()) {
        var reading = read(machine, ProofItem.SECCOMP);
        assertThat(reading.verdict()).isEqualTo(Verdict.FAILED);
        assertThat(reading.text().get()).contains("Seccomp 0");
      }
    }
  }

  @Test
  void a_call_that_its_filter_forbids_is_told_by_name_and_thread() throws Exception {
    try (var bench = Bench.in(temp)) {
      var programs = allowing();
      programs.put(
          "vmm",
          instructions(
              0x0000_0000_0000_0020L, // ld the number
              ((long) NUMBER_OF_ACCEPT4 << 32) | 0x0100_0015L, // accept4: next, else over it
              0x8000_0000_0000_0006L, // kill the process
              ALLOW));
      plant(programs);
      // The host has connected already; it is answered when the guest runs.
      assertThatThrownBy(bench::boot)
          .isInstanceOf(VmStartException.class)
          .hasMessageContaining(
              "the hypervisor was killed by its seccomp filter: syscall accept4 (288), thread"
                  + " firecracker");
    }
  }

  @Test
  void its_namespaces_are_its_own_but_for_the_user_namespace() throws Exception {
    try (var bench = Bench.in(temp);
        var machine = bench.boot()) {
      for (var kind : List.of("pid", "mnt", "net", "ipc", "uts", "cgroup")) {
        assertThat(Files.readSymbolicLink(Path.of("/proc", "" + machine.pid(), "ns", kind)))
            .as(kind)
            .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns", kind)));
      }
      var status = Files.readAllLines(Path.of("/proc", "" + machine.pid(), "status"));
      assertThat(status).anyMatch(line -> line.startsWith("NSpid:") && line.endsWith("\t2"));
    }
  }

  @Test
  void its_files_are_what_it_was_granted_and_nobody_else_sees_its_folder() throws Exception {
    try (var bench = Bench.in(temp);
        var machine = bench.boot()) {
      Path root = Path.of("/proc", "" + machine.pid(), "root");
      try (var files = Files.list(root)) {
        assertThat(files)
            .extracting(file -> file.getFileName().toString())
            .containsExactlyInAnyOrder(
                "dev",
                "firecracker",
                "firecracker.pid",
                "initramfs",
                "kernel",
                "root",
                "run",
                "seccomp");
      }
      try (var stage = Files.list(Path.of("/run/ironclaw/stage"))) {
        assertThat(stage).isEmpty();
      }
      assertThat(Files.readString(Path.of("/proc", "" + machine.pid(), "mountinfo")).lines())
          .hasSize(5);
      assertThat(read(machine, ProofItem.MOUNTS).verdict()).isEqualTo(Verdict.PROVEN);
    }
  }

  @Test
  void what_is_granted_to_be_read_can_not_be_written_by_whoever_takes_it_over() throws Exception {
    try (var bench = Bench.in(temp)) {
      var template = bench.template();
      try (var clone =
          bench.hypervisor().restore(bench.plan("guest"), template, new PhaseClock())) {
        for (var name : List.of("memory", "state", "root", "seccomp")) {
          Path file = Path.of("/proc", "" + clone.pid(), "root", name);
          // Not even by root, as the mounts are read-only.
          assertThatThrownBy(() -> Files.write(file, new byte[1]))
              .as(name)
              .hasMessageContaining("Read-only file system");
        }
      }
    }
  }

  /** Why nobody may be able to plant anything where the jailer works. */
  @Test
  void a_link_in_the_place_of_a_jails_root_is_followed_by_the_jailer() throws Exception {
    Path base = Files.createDirectory(temp.resolve("base"));
    Path victim = Files.createDirectory(temp.resolve("victim"));
    Path jail = Files.createDirectories(base.resolve("firecracker").resolve("trap"));
    Files.createSymbolicLink(jail.resolve("root"), victim);
    var program = Bench.program();
    var jailer =
        new ProcessBuilder(
                List.of(
                    program.jailer().toString(),
                    "--id",
                    "trap",
                    "--exec-file",
                    program.path().toString(),
                    "--uid",
                    "1900009999",
                    "--gid",
                    "1900009999",
                    "--chroot-base-dir",
                    base.toString(),
                    "--",
                    "--version"))
            .redirectErrorStream(true)
            .start();
    jailer.getInputStream().readAllBytes();
    assertThat(jailer.waitFor()).isZero();
    assertThat(Files.getAttribute(victim, "unix:uid")).isEqualTo(1_900_009_999);
    assertThat(victim.resolve("firecracker")).exists();
  }

  @Test
  void the_stage_that_somebody_else_could_write_to_is_refused() throws Exception {
    Path stage = Path.of("/run/ironclaw/stage");
    Files.createDirectories(stage);
    Files.setAttribute(stage, "unix:uid", 1_900_009_999);
    try (var bench = Bench.in(temp)) {
      var plan = bench.plan("guest");
      assertThatThrownBy(() -> bench.hypervisor().start(plan, new PhaseClock()))
          .isInstanceOf(HostException.class)
          .hasMessageContaining("belongs to");
    } finally {
      Files.setAttribute(stage, "unix:uid", 0);
    }
  }

  @Test
  void a_socket_of_somebody_else_in_the_place_of_its_own_is_not_talked_to() throws Exception {
    Path socket = temp.resolve("socket");
    try (var server =
        java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
      server.bind(java.net.UnixDomainSocketAddress.of(socket), 1_000);
      assertThatThrownBy(() ->
              UnixStream.connect(
                  () -> socket, 1_900_000_000L, Optional::empty, java.time.Duration.ofMillis(50)))
          .isInstanceOf(VmStartException.class)
          .hasMessageContainingAll("listens on", "it should be 1900000000");
      UnixStream.connect(() -> socket, 0, Optional::empty, java.time.Duration.ofMillis(50)).close();
    }
  }

  @Test
  void a_socket_that_nobody_takes_connections_of_is_given_up() throws Exception {
    Path socket = temp.resolve("socket");
    var address = java.net.UnixDomainSocketAddress.of(socket);
    try (var server =
            java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX);
        var first = java.nio.channels.SocketChannel.open(java.net.StandardProtocolFamily.UNIX);
        var second = java.nio.channels.SocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
      server.bind(address, 1);
      first.connect(address);
      second.connect(address);
      assertThatThrownBy(() ->
              UnixStream.connect(() -> socket, 0, Optional::empty, java.time.Duration.ofMillis(50)))
          .isInstanceOf(VmStartException.class)
          .hasMessageContaining("can't be reached within 50 ms");
    }
  }

  @Test
  void an_id_as_long_as_can_be_and_a_folder_far_away_do_not_matter_to_its_sockets()
      throws Exception {
    Path far = temp;
    for (int i = 0; i < 12; i++) {
      far = Files.createDirectory(far.resolve("a-folder-with-a-long-name"));
    }
    try (var bench = Bench.in(far)) {
      Boots.boot(bench.hypervisor(), bench.plan("guest"), new PhaseClock()).close();
    }
  }
}
