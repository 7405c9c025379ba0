package io.ironclaw.jail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Verdict;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.seccomp.FilterCache;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is in a jail and what is not, with a real one around a shell. */
@Timeout(60)
class BubblewrapLauncherTest {
  private static final JailUids UIDS = new JailUids(1_900_100_000L, 1_900_100_009L);

  @TempDir private Path temp;
  private Path folder = Path.of("unset");
  private Optional<BubblewrapLauncher> launcher = Optional.empty();

  @BeforeEach
  void make_a_private_folder() throws Exception {
    folder = PrivateDir.create(temp.resolve("private"));
    launcher = Optional.of(BubblewrapLauncher.of(System.getenv("PATH"), UIDS, filters()));
  }

  private FilterCache filters() {
    return new FilterCache(temp.resolve("seccomp"));
  }

  @AfterEach
  void close() {
    launcher.orElseThrow().close();
  }

  private Launched launch(ProcessPlan plan) throws HostException {
    return launcher.orElseThrow().launch(plan);
  }

  /** A shell with what it needs, and nothing else. */
  private ProcessPlan plan(String script, Grant... grants) throws Exception {
    return new ProcessPlan(
        Shells.runtime(),
        List.of("-c", script),
        Map.of("ONLY", "this"),
        folder,
        List.of(grants),
        Optional.empty(),
        Shells.LIMITS,
        Shells.GROUP,
        Optional.empty());
  }

  private String output(ProcessPlan plan) throws Exception {
    var process = launch(plan).process();
    try (var out = process.inputReader()) {
      return out.lines().collect(Collectors.joining("\n"));
    }
  }

  private static Map<String, Verdict> verdicts(Launched launched) throws Exception {
    return launched.readings().stream()
        .collect(Collectors.toMap(reading -> reading.item().text(), Reading::verdict));
  }

  @Test
  void a_process_sees_what_it_was_granted_and_nothing_else() throws Exception {
    Path secret = Files.writeString(folder.resolve("host-name"), "content");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("r--r--r--"));
    Path made = folder.resolve("made");
    Files.createDirectory(folder.resolve("s"));
    var plan =
        plan(
            "pwd; echo *; read -r x <in; echo $x; echo out >new; echo no >in; echo no >more;"
                + " echo /root/* /home/* /tmp/* /proc/* /etc/*",
            new Grant.ReadOnlyFile("in", secret),
            new Grant.WritableFile("new", made),
            new Grant.Sockets("s", folder.resolve("s")));
    assertThat(output(plan))
        .startsWith("/vm\nin new s\ncontent\n")
        .contains("cannot create in: Read-only file system")
        .contains("cannot create more: Read-only file system")
        .endsWith("/root/* /home/* /tmp/* /proc/* /etc/*");
    assertThat(made).hasContent("out");
    assertThat(secret).hasContent("content");
  }

  @Test
  void the_kernel_confirms_every_part_of_it() throws Exception {
    var launched = launch(plan("echo up; while :; do :; done"));
    var out = launched.process().inputReader();
    assertThat(out.readLine()).isEqualTo("up");
    launched.settled();
    boolean root = PrivateDir.isRoot();
    assertThat(verdicts(launched))
        .containsAllEntriesOf(
            Map.of(
                "own-uid", root ? Verdict.PROVEN : Verdict.ABSENT,
                "capabilities", Verdict.PROVEN,
                "no-new-privs", Verdict.PROVEN,
                "seccomp", Verdict.ABSENT,
                "namespaces", Verdict.PROVEN,
                "mounts", Verdict.PROVEN,
                "descriptors", Verdict.PROVEN,
                "process-limits", Verdict.PROVEN));
    launched.kill();
    assertThat(launched.process().waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  /** A shell's own calls; what else there is kills it, or is noted only. */
  private ProcessPlan filtered(String script, String otherwise, boolean learning, int own)
      throws Exception {
    var plan = plan(script);
    String json =
        """
        {"about": "a shell", "otherwise": "%s", "rules": [
          {"action": "allow", "syscalls": ["execve", "brk", "mmap", "munmap", "mprotect", "openat",
            "open", "read", "write", "close", "fstat", "newfstatat", "access", "pread64", "readlink",
            "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "prlimit64", "getrandom",
            "getuid", "geteuid", "getgid", "getegid", "getpid", "getppid", "getcwd", "stat",
            "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "exit_group", "ioctl", "fcntl"]}]}
        """
            .formatted(otherwise);
    return new ProcessPlan(
        plan.runtime(),
        plan.arguments(),
        plan.environment(),
        plan.folder(),
        plan.grants(),
        plan.stdin(),
        plan.limits(),
        plan.group(),
        Optional.of(
            new SeccompPlan(
                new FilterCache.Wanted(
                    json, learning ? FilterCache.Use.LEARN : FilterCache.Use.ENFORCE),
                own)));
  }

  private Reading seccomp(ProcessPlan plan) throws Exception {
    var launched = launch(plan);
    try {
      assertThat(launched.process().inputReader().readLine()).isEqualTo("up");
      return launched.readings().stream()
          .filter(reading -> reading.item().text().equals("seccomp"))
          .findFirst()
          .orElseThrow();
    } finally {
      launched.kill();
    }
  }

  @Test
  void a_filter_is_in_force_from_the_first_instruction_and_is_counted() throws Exception {
    String wait = "echo up; while :; do :; done";
    var one = seccomp(filtered(wait, "kill_process", false, 0));
    assertThat(one.verdict()).isEqualTo(Verdict.PROVEN);
    assertThat(one.text().get()).contains("Seccomp 2, 1 filters");
    // The program says that it puts one of its own over it, and does not.
    var missing = seccomp(filtered(wait, "kill_process", false, 1));
    assertThat(missing.verdict()).isEqualTo(Verdict.FAILED);
    assertThat(missing.text().get()).contains("1 filters, expected 2 and 2");
    assertThat(seccomp(filtered(wait, "kill_process", true, 0)).verdict())
        .isEqualTo(Verdict.ABSENT);
  }

  @Test
  void what_a_filter_does_not_allow_kills_and_the_call_is_named() throws Exception {
    var launched = launch(filtered("umask 077; echo alive", "kill_process", false, 0));
    String said;
    try (BufferedReader out = launched.process().inputReader()) {
      said = out.lines().collect(Collectors.joining("\n"));
    }
    int status = launched.process().waitFor();
    assertThat(said).doesNotContain("alive");
    assertThat(status).isEqualTo(159);
    assertThat(launched.causeOfDeath(status).orElseThrow())
        .matches(
            PrivateDir.isRoot()
                ? "was killed by its seccomp filter: syscall umask \\([0-9]+\\), thread dash"
                : "was killed by its seccomp filter \\(signal 31.*");
    assertThat(output(filtered("umask 077; echo alive", "kill_process", true, 0)))
        .isEqualTo("alive");
    assertThat(launched.causeOfDeath(1)).isEmpty();
  }

  @Test
  void two_processes_of_roots_have_two_users_and_the_next_has_a_free_one() throws Exception {
    org.junit.jupiter.api.Assumptions.assumeTrue(
        PrivateDir.isRoot(), "root alone has users to give");
    var first = started();
    var second = started();
    assertThat(uid(first)).isEqualTo(1_900_100_000L);
    assertThat(uid(second)).isEqualTo(1_900_100_001L);
    first.kill();
    assertThat(first.awaitEnd(Duration.ofSeconds(20))).isTrue();
    Launched third = started();
    assertThat(uid(third)).isEqualTo(1_900_100_000L);
    second.kill();
    third.kill();
  }

  private Launched started() throws Exception {
    var launched = launch(plan("echo up; read -r x; while :; do :; done"));
    assertThat(launched.process().inputReader().readLine()).isEqualTo("up");
    return launched;
  }

  private static long uid(Launched launched) throws Exception {
    return ((Number) Files.getAttribute(Path.of("/proc/" + launched.pid()), "unix:uid"))
        .longValue();
  }

  @Test
  void its_environment_is_the_plans_and_its_name_is_not_the_hosts() throws Exception {
    var out = output(plan("export -p; read -r n </nothing; echo $HOSTNAME"));
    assertThat(out).contains("export ONLY='this'").doesNotContain("PATH").doesNotContain("HOME");
  }

  @Test
  void what_it_started_dies_with_it() throws Exception {
    var launched =
        launch(
            plan(
                "(while :; do :; done) & echo up; while :; do :; done",
                new Grant.Device(Path.of("/dev/null"))));
    assertThat(launched.process().inputReader().readLine()).isEqualTo("up");
    var all = new ArrayList<>(launched.process().descendants().toList());
    assertThat(all).hasSize(2);
    launched.kill();
    assertThat(launched.process().waitFor(10, TimeUnit.SECONDS)).isTrue();
    for (var each : all) {
      each.onExit().get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void it_dies_with_the_program_that_waits_for_it() throws Exception {
    var launched = started();
    var inner = ProcessHandle.of(launched.pid()).orElseThrow();
    launched.process().destroyForcibly();
    inner.onExit().get(10, TimeUnit.SECONDS);
    assertThat(inner.isAlive()).isFalse();
  }

  @Test
  void a_jail_that_can_not_be_made_is_told_as_that() throws Exception {
    var plan =
        new ProcessPlan(
            new Runtime(Path.of("/bin/true"), List.of(Path.of("/usr/lib")), Map.of()),
            List.of(),
            Map.of("A=B", "no variable has such a name"),
            folder,
            List.of(),
            Optional.empty(),
            Shells.LIMITS,
            Shells.GROUP,
            Optional.empty());
    var launched = launch(plan);
    String said;
    try (BufferedReader out = launched.process().inputReader()) {
      said = out.lines().collect(Collectors.joining("\n"));
    }
    assertThat(launched.process().waitFor()).isNotZero();
    assertThat(launched.refusal(said).orElseThrow())
        .hasMessageStartingWith("no jail can be made: bwrap: ")
        .hasMessageContaining("doctor");
  }

  @Test
  void a_script_and_a_file_that_others_can_not_read_are_refused_with_what_to_do() throws Exception {
    Path script = Files.writeString(folder.resolve("script"), "#!/bin/sh\n");
    var plan =
        new ProcessPlan(
            Runtime.of(script),
            List.of(),
            Map.of(),
            folder,
            List.of(),
            Optional.empty(),
            Shells.LIMITS,
            Shells.GROUP,
            Optional.empty());
    assertThatThrownBy(() -> launch(plan))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("is a script");
    if (PrivateDir.isRoot()) {
      Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rw-------"));
      var closed = plan("true", new Grant.ReadOnlyFile("x", script));
      assertThatThrownBy(() -> launch(closed))
          .isInstanceOf(HostException.class)
          .hasMessageContaining("chmod a+r " + script);
    }
  }

  @Test
  void no_bubblewrap_is_told_with_both_ways_out() {
    assertThatThrownBy(() -> BubblewrapLauncher.of("/no/such", UIDS, new FilterCache(temp)))
        .isInstanceOf(HostException.class)
        .hasMessageContainingAll("bwrap is not on PATH", "install", "--jail none");
  }
}
