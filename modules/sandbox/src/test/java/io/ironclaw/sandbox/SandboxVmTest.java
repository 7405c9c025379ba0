package io.ironclaw.sandbox;

import static io.ironclaw.sandbox.RealVms.run;
import static io.ironclaw.sandbox.RealVms.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.Assurance;
import io.ironclaw.api.AssuranceException;
import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.Execution;
import io.ironclaw.api.GuestRefusedException;
import io.ironclaw.api.IronClaw;
import io.ironclaw.api.Jail;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.TerminalSize;
import io.ironclaw.api.VmDiedException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** What a sandbox promises, in real VMs. Tests share one VM unless they break it. */
@Tag("vm")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SandboxVmTest {
  private static final Duration SOON = Duration.ofSeconds(2);

  private final IronClaw ironclaw = LocalIronClaw.start(RealVms.settings());
  private Optional<Sandbox> shared = Optional.empty();

  @BeforeAll
  void open_a_vm() throws Exception {
    shared = Optional.of(ironclaw.open(RealVms.spec()));
  }

  @AfterAll
  void close_all() {
    ironclaw.close();
  }

  private Sandbox vm() {
    return shared.orElseThrow();
  }

  private static int status(RealVms.Result result) {
    return result.outcome().shellStatus();
  }

  @Test
  void a_command_runs_in_a_kernel_of_its_own_and_its_status_comes_back() throws Exception {
    var result = sh(vm(), "cat /proc/sys/kernel/ostype; hostname; echo oops >&2; exit 7");
    assertThat(result.stdout()).isEqualTo("Linux\n" + vm().id() + "\n");
    assertThat(result.stderr()).isEqualTo("oops\n");
    assertThat(result.outcome()).isInstanceOf(ExecOutcome.Exited.class);
    assertThat(status(result)).isEqualTo(7);
    assertThat(vm().spawn().how()).isEqualTo(SpawnReport.How.CLONE);
  }

  @Test
  void a_demand_for_hardware_is_met_or_refused() throws Exception {
    var spec = SandboxSpec.fresh().requiring(Assurance.of(Assurance.Demand.HARDWARE));
    if (vm().spawn().acceleration() == Acceleration.KVM) {
      try (var sandbox = ironclaw.open(spec)) {
        assertThat(sandbox.spawn().acceleration()).isEqualTo(Acceleration.KVM);
      }
    } else {
      assertThatThrownBy(() -> ironclaw.open(spec))
          .isInstanceOf(AssuranceException.class)
          .hasMessageContaining("hardware isolation is demanded")
          .hasMessageEndingWith("no VM was started");
    }
  }

  @Test
  void a_demand_for_a_jail_is_met_or_refused() throws Exception {
    var spec = SandboxSpec.fresh().requiring(Assurance.of(Assurance.Demand.JAILED));
    try (var sandbox = ironclaw.open(spec)) {
      assertThat(sandbox.spawn().jail()).isEqualTo(Jail.BUBBLEWRAP);
    }
    try (var unjailed = LocalIronClaw.start(RealVms.settings().with(Jail.NONE))) {
      assertThatThrownBy(() -> unjailed.open(spec))
          .isInstanceOf(AssuranceException.class)
          .hasMessageContaining("a jail is demanded")
          .hasMessageEndingWith("no VM was started");
      try (var sandbox = unjailed.open(SandboxSpec.fresh())) {
        assertThat(sandbox.spawn().jail()).isEqualTo(Jail.NONE);
      }
    }
  }

  @Test
  void the_guest_has_no_network_device_but_lo() throws Exception {
    assertThat(sh(vm(), "ls /sys/class/net").stdout()).isEqualTo("lo\n");
  }

  @Test
  void nothing_of_the_hosts_environment_enters_the_guest() throws Exception {
    assertThat(run(vm(), "/usr/bin/env").stdout().lines().map(l -> l.substring(0, l.indexOf('='))))
        .containsExactlyInAnyOrder("PATH", "HOME", "LANG", "USER", "LOGNAME", "SHELL");
  }

  @Test
  void stdin_reaches_the_command_and_its_end_does_too() throws Exception {
    var input = new byte[3_000_000];
    new Random(5).nextBytes(input);
    try (var execution = vm().start(ExecSpec.of("/bin/cat").withStdin())) {
      var writer =
          async(() -> {
            try (var stdin = execution.stdin()) {
              stdin.write(input);
            }
            return true;
          });
      assertThat(execution.stdout().readAllBytes()).isEqualTo(input);
      assertThat(writer.get()).isTrue();
      assertThat(execution.await().shellStatus()).isZero();
    }
  }

  @Test
  void a_command_that_does_not_exist_is_refused_with_enoent_and_one_without_x_with_eacces() {
    assertThatThrownBy(() -> run(vm(), "no-such-command"))
        .isInstanceOfSatisfying(
            GuestRefusedException.class,
            e -> assertThat(e.errno()).isEqualTo(GuestRefusedException.ENOENT));
    assertThatThrownBy(() -> run(vm(), "/etc/passwd"))
        .isInstanceOfSatisfying(
            GuestRefusedException.class,
            e -> assertThat(e.errno()).isEqualTo(GuestRefusedException.EACCES));
  }

  @Test
  void a_refusal_names_what_was_asked_for_once() {
    assertThatThrownBy(() -> run(vm(), "no-such-command"))
        .hasMessage("no-such-command: No such file or directory");
    assertThatThrownBy(() -> vm().readFile("/ä/b", 0, 0, new ByteArrayOutputStream()))
        .hasMessage("read /ä/b: No such file or directory");
    assertThatThrownBy(() -> vm().readFile("/etc", 0, 0, new ByteArrayOutputStream()))
        .hasMessage("read /etc: Is a directory");
    assertThatThrownBy(() -> vm().listFiles("/etc/passwd", 10))
        .hasMessage("list /etc/passwd: Not a directory");
    assertThatThrownBy(
            () -> vm().writeFile("/a/b", 0644, false, new ByteArrayInputStream(new byte[1])))
        .hasMessage("write /a/b: No such file or directory");
  }

  @Test
  void environment_folder_and_user_are_as_asked_for() throws Exception {
    var result =
        run(
            vm(),
            new ExecSpec(
                List.of("sh", "-c", "echo $A; pwd; id -u; id -g; id -G; umask"),
                Map.of("A", "b c"),
                Optional.of("/tmp"),
                1000,
                false,
                Optional.empty(),
                Optional.empty()));
    assertThat(result.stdout()).isEqualTo("b c\n/tmp\n1000\n1000\n1000\n0022\n");
  }

  @Test
  void the_time_limit_kills_the_command_and_all_that_it_started() throws Exception {
    var spec =
        ExecSpec.of(
                "sh", "-c", "setsid sleep 7771 & (sleep 7771 &) ; echo started; exec sleep 7771")
            .withTimeout(Duration.ofMillis(1_500));
    var result = run(vm(), spec);
    assertThat(result.outcome()).isInstanceOf(ExecOutcome.TimedOut.class);
    assertThat(result.stdout()).isEqualTo("started\n");
    assertThat(
            sh(vm(), "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c '^sleep 777[1]'").stdout())
        .isEqualTo("0\n");
  }

  @Test
  void a_signal_reaches_the_command_and_its_death_by_signal_is_told() throws Exception {
    try (var execution = vm().start(ExecSpec.of("sleep", "1000"))) {
      execution.signal(15);
      assertThat(execution.await())
          .isInstanceOfSatisfying(
              ExecOutcome.Signalled.class, s -> assertThat(s.signal()).isEqualTo(15));
    }
  }

  @Test
  void kill_ends_a_command_that_ignores_signals() throws Exception {
    try (var execution =
        vm().start(
                ExecSpec.of(
                    "sh", "-c", "trap '' TERM INT; echo ready; while :; do sleep 1; done"))) {
      assertThat(execution.stdout().readNBytes(6)).asString().isEqualTo("ready\n");
      execution.kill();
      assertThat(execution.await().shellStatus()).isEqualTo(137);
    }
  }

  @Test
  void a_background_process_that_holds_the_pipe_does_not_hold_the_command() throws Exception {
    var result = sh(vm(), "sleep 300 & echo done");
    assertThat(result.stdout()).isEqualTo("done\n");
    assertThat(status(result)).isZero();
    sh(vm(), "pkill sleep");
  }

  @Test
  void a_terminal_has_the_size_asked_for_and_follows_a_resize() throws Exception {
    var spec =
        new ExecSpec(
            List.of("sh", "-c", "tty; stty size; read x; stty size"),
            Map.of(),
            Optional.empty(),
            0,
            true,
            Optional.of(new TerminalSize(33, 111)),
            Optional.empty());
    try (var execution = vm().start(spec)) {
      var out = execution.stdout();
      var text = new StringBuilder();
      while (!text.toString().contains("33 111")) {
        text.append((char) out.read());
      }
      assertThat(text).contains("/dev/pts/");
      execution.resize(new TerminalSize(44, 122));
      execution.stdin().write('\n');
      execution.stdin().flush();
      assertThat(new String(out.readAllBytes(), StandardCharsets.UTF_8)).contains("44 122");
      assertThat(execution.await().shellStatus()).isZero();
    }
  }

  @Test
  void many_commands_run_side_by_side_and_none_mixes_with_another() throws Exception {
    var runs = new ArrayList<Future<RealVms.Result>>();
    for (int i = 0; i < 24; i++) {
      String n = "" + i;
      runs.add(async(() -> sh(vm(), "for i in 1 2 3; do echo " + n + "; done")));
    }
    for (int i = 0; i < runs.size(); i++) {
      assertThat(runs.get(i).get().stdout()).isEqualTo((i + "\n").repeat(3));
    }
  }

  @Test
  void output_that_nobody_reads_stays_in_the_guest() throws Exception {
    try (var execution =
        vm().start(ExecSpec.of("sh", "-c", "head -c 1000000000 /dev/zero; echo never"))) {
      long before = used();
      // The command must block: it can't end while nobody reads.
      assertThat(endsWithin(execution, Duration.ofSeconds(3))).isFalse();
      assertThat(used() - before).isLessThan(8L << 20);
      assertThat(sh(vm(), "echo alive").stdout()).isEqualTo("alive\n");
    }
  }

  private static long used() {
    System.gc();
    var runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static boolean endsWithin(Execution execution, Duration limit) throws Exception {
    var end = async(execution::await);
    try {
      end.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (java.util.concurrent.TimeoutException _) {
      return false;
    }
  }

  @Test
  void a_file_written_is_the_file_read_and_the_listing_shows_it() throws Exception {
    var content = new byte[5_000_000];
    new Random(6).nextBytes(content);
    vm().writeFile("/tmp/dir/sub/a file", 0640, true, new ByteArrayInputStream(content));
    var back = new ByteArrayOutputStream();
    var stat = vm().readFile("/tmp/dir/sub/a file", 0, 0, back);
    assertThat(back.toByteArray()).isEqualTo(content);
    assertThat(stat.size()).isEqualTo(content.length);
    assertThat(stat.mode() & 0777).isEqualTo(0640);
    var part = new ByteArrayOutputStream();
    vm().readFile("/tmp/dir/sub/a file", 1_000, 10, part);
    assertThat(part.toByteArray()).isEqualTo(java.util.Arrays.copyOfRange(content, 1_000, 1_010));
    sh(vm(), "ln -s 'a file' /tmp/dir/sub/link; mkdir /tmp/dir/sub/folder");
    var listing = vm().listFiles("/tmp/dir/sub", 100);
    assertThat(listing.total()).isEqualTo(3);
    assertThat(listing.entries())
        .extracting(e -> e.kind() + e.name() + e.linkTarget().orElse(""))
        .containsExactlyInAnyOrder("-a file", "llinka file", "dfolder");
    assertThat(vm().listFiles("/tmp/dir/sub", 2).entries()).hasSize(2);
  }

  @Test
  void files_that_can_not_be_read_or_written_are_refused_with_the_reason() {
    assertThatThrownBy(() -> vm().readFile("/no/such", 0, 0, new ByteArrayOutputStream()))
        .isInstanceOf(GuestRefusedException.class)
        .hasMessageContaining("/no/such");
    assertThatThrownBy(
            () -> vm().writeFile("/proc/nope", 0600, false, new ByteArrayInputStream(new byte[1])))
        .isInstanceOf(GuestRefusedException.class);
    assertThatThrownBy(() -> vm().listFiles("/etc/passwd", 10))
        .isInstanceOf(GuestRefusedException.class);
    assertThatThrownBy(() -> vm().readFile("relative", 0, 0, new ByteArrayOutputStream()))
        .hasMessageContaining("absolute path");
  }

  @Test
  void the_writable_layer_is_bounded() throws Exception {
    var result = sh(vm(), "head -c 200M /dev/zero > /root/big; echo $?; rm -f /root/big");
    assertThat(result.stderr()).contains("No space left on device");
    assertThat(sh(vm(), "echo alive").stdout()).isEqualTo("alive\n");
  }

  @Test
  void a_fork_bomb_ends_with_its_time_limit_and_the_vm_goes_on() throws Exception {
    try (var own = ironclaw.open(RealVms.spec())) {
      var bomb =
          ExecSpec.of("sh", "-c", "f() { f | f & }; f; sleep 1000")
              .withTimeout(Duration.ofSeconds(3));
      assertThat(run(own, bomb).outcome()).isInstanceOf(ExecOutcome.TimedOut.class);
      assertThat(sh(own, "echo alive").stdout()).isEqualTo("alive\n");
    }
  }

  @Test
  void clones_of_one_template_are_different_and_know_the_time() throws Exception {
    var seen = new ArrayList<String>();
    for (int i = 0; i < 3; i++) {
      try (var own = ironclaw.open(RealVms.spec())) {
        var out =
            sh(
                    own,
                    "cat /proc/sys/kernel/random/uuid; head -c 16 /dev/urandom | od -An -tx1;"
                        + " hostname; date +%s%N")
                .stdout()
                .lines()
                .toList();
        long error = System.currentTimeMillis() - Long.parseLong(out.get(3)) / 1_000_000;
        assertThat(Math.abs(error)).isLessThan(500);
        seen.addAll(out.subList(0, 3));
      }
    }
    assertThat(seen).doesNotHaveDuplicates().hasSize(9);
  }

  @Test
  void a_panic_in_the_middle_of_a_command_is_told_within_two_seconds_with_the_console()
      throws Exception {
    try (var own = ironclaw.open(RealVms.spec())) {
      try (var execution =
          own.start(
              ExecSpec.of(
                  "sh",
                  "-c",
                  "echo 1 > /proc/sys/kernel/sysrq; echo ready; sleep 1; echo c >"
                      + " /proc/sysrq-trigger; sleep 1000"))) {
        assertThat(execution.stdout().readNBytes(6)).asString().isEqualTo("ready\n");
        long start = System.nanoTime();
        assertThatThrownBy(execution::await)
            .isInstanceOf(VmDiedException.class)
            .hasMessageContaining("died")
            .hasMessageContaining("sysrq");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON.plusSeconds(1));
      }
      assertThatThrownBy(() -> run(own, "true")).isInstanceOf(VmDiedException.class);
    }
  }

  @Test
  void a_killed_hypervisor_is_told_to_whoever_waits() throws Exception {
    try (var own = ironclaw.open(RealVms.spec())) {
      var execution = own.start(ExecSpec.of("sleep", "1000"));
      var waiter = async(execution::await);
      hypervisorOf(own).destroyForcibly();
      assertThatThrownBy(() -> waiter.get(SOON.toMillis(), TimeUnit.MILLISECONDS))
          .hasCauseInstanceOf(VmDiedException.class)
          .hasMessageContaining("status 137");
    }
  }

  @Test
  void a_vm_that_falls_silent_in_a_command_is_given_up_in_bounded_time() throws Exception {
    try (var own = ironclaw.open(RealVms.spec())) {
      var execution = own.start(ExecSpec.of("sleep", "1000"));
      new ProcessBuilder("kill", "-STOP", "" + hypervisorOf(own).pid()).start().waitFor();
      var waiter = async(execution::await);
      assertThatThrownBy(() -> waiter.get(15, TimeUnit.SECONDS))
          .hasCauseInstanceOf(VmDiedException.class)
          .hasMessageContaining("guest agent did not answer: no sign of life");
    }
  }

  @Test
  void a_stopped_hypervisor_holds_up_nobody_else_and_can_be_closed() throws Exception {
    var own = ironclaw.open(RealVms.spec());
    var hypervisor = hypervisorOf(own);
    new ProcessBuilder("kill", "-STOP", "" + hypervisor.pid()).start().waitFor();
    assertThat(sh(vm(), "echo alive").stdout()).isEqualTo("alive\n");
    try (var other = ironclaw.open(RealVms.spec())) {
      assertThat(sh(other, "echo alive").stdout()).isEqualTo("alive\n");
    }
    own.close();
    assertThat(hypervisor.isAlive()).isFalse();
  }

  @Test
  void a_closed_sandbox_leaves_no_process_and_no_folder() throws Exception {
    var own = ironclaw.open(RealVms.spec());
    var hypervisor = hypervisorOf(own);
    var folder = RealVms.settings().runtimeDir().resolve(own.id().value());
    assertThat(folder).isDirectory();
    own.close();
    assertThat(hypervisor.isAlive()).isFalse();
    assertThat(folder).doesNotExist();
    assertThatThrownBy(() -> run(own, "true")).hasMessageContaining("was closed");
  }

  /** The QEMU process, found as an administrator would: it has the VM's name. */
  private static ProcessHandle hypervisorOf(Sandbox sandbox) {
    return ProcessHandle.current()
        .descendants()
        .filter(p -> isHypervisor(p.pid(), sandbox.id().value()))
        .findFirst()
        .orElseThrow();
  }

  private static boolean isHypervisor(long pid, String id) {
    try {
      var line = java.nio.file.Files.readString(Path.of("/proc/" + pid + "/cmdline"));
      boolean qemu = line.startsWith("/usr/bin/qemu") && line.contains("\0-name\0" + id + ",");
      return qemu || line.contains("firecracker\0--id\0" + id + "\0");
    } catch (java.io.IOException _) {
      // It ended meanwhile.
      return false;
    }
  }

  private static <T> Future<T> async(java.util.concurrent.Callable<T> work) {
    var task = new FutureTask<T>(work);
    Thread.ofVirtual().start(task);
    return task;
  }
}
