package io.ironclaw.attacks.v;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.BubblewrapLauncher;
import io.ironclaw.jail.Grant;
import io.ironclaw.jail.GroupLimits;
import io.ironclaw.jail.JailUids;
import io.ironclaw.jail.Launcher;
import io.ironclaw.jail.ProcessLimits;
import io.ironclaw.jail.ProcessPlan;
import io.ironclaw.jail.Runtime;
import io.ironclaw.jail.SeccompPlan;
import io.ironclaw.jail.UnconfinedLauncher;
import io.ironclaw.jail.seccomp.FilterCache;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A hypervisor that was taken over: a program in its place, started by the same launcher under the
 * same policies, which attacks. Each attack is refused at each level; and it works where the one
 * control is missing that refuses it, so the test would see it.
 */
@Timeout(60)
class JailAttackTest {
  private static final JailUids UIDS = new JailUids(1_900_100_020L, 1_900_100_029L);
  private static final GroupLimits GROUP = new GroupLimits(128L << 20, 32, 1);
  private static final ProcessLimits LIMITS = new ProcessLimits(256, 0, 1 << 20, 256L << 20);
  private static final ProcessLimits ROOMY = new ProcessLimits(4_096, 0, 8 << 20, 256L << 20);
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final int SECCOMP_KILL = 159;

  @TempDir static Path built;

  @TempDir private Path temp;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final Map<String, String> places = new java.util.HashMap<>();
  private Path folder = Path.of("unset");

  /** What refuses an attack. */
  enum Control {
    FILTER,
    JAIL,
    LIMITS
  }

  @BeforeAll
  static void build_the_attacker() throws Exception {
    var compiler =
        new ProcessBuilder(
                "gcc",
                "-static",
                "-O1",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-o",
                built.resolve("attacker").toString(),
                "src/test/c/attacker.c")
            .inheritIO()
            .start();
    assertThat(compiler.waitFor()).isZero();
    for (var path : List.of(built, built.resolve("attacker"))) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  @BeforeEach
  void make_a_world() throws Exception {
    folder = PrivateDir.create(temp.resolve("private"));
    Path other = PrivateDir.create(temp.resolve("other-vm"));
    place("HOSTFILE", Files.writeString(temp.resolve("host"), "secret"));
    place("CACHE", Files.writeString(other.resolve("memory"), "another VM's"));
    Files.writeString(temp.resolve("granted"), "granted");
    Files.setPosixFilePermissions(
        temp.resolve("granted"), PosixFilePermissions.fromString("r--r--r--"));
    place("DIR", Files.createDirectory(temp.resolve("place")));
    place("SOCKET", other.resolve("s"));
    var unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    open.add(unix);
    unix.bind(UnixDomainSocketAddress.of(other.resolve("s")));
    var server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    open.add(server);
    places.put("PORT", "" + server.getLocalPort());
    var victim = new ProcessBuilder("sleep", "1000").start();
    open.add(() -> victim.destroyForcibly().waitFor());
    places.put("VICTIM", "" + victim.pid());
    places.put("HOSTNAME", Files.readString(Path.of("/proc/sys/kernel/hostname")).strip());
    var abstracted = abstractSocket();
    // Its name is free when it is gone.
    open.add(() -> abstracted.destroyForcibly().waitFor());
    places.put("ABSTRACT", "ironclaw-attack-" + ProcessHandle.current().pid());
  }

  private void place(String name, Path path) {
    places.put(name, path.toString());
  }

  /** Java has no abstract sockets. */
  private static Process abstractSocket() throws IOException {
    var process =
        new ProcessBuilder(
                "python3",
                "-c",
                "import socket,sys; s=socket.socket(socket.AF_UNIX); s.bind('\\0'+sys.argv[1]);"
                    + " s.listen(); print('up', flush=True); sys.stdin.read()",
                "ironclaw-attack-" + ProcessHandle.current().pid())
            .start();
    assertThat(process.inputReader().readLine()).isEqualTo("up");
    return process;
  }

  @AfterEach
  void end_it() throws Exception {
    for (var each : open) {
      each.close();
    }
  }

  private static Optional<SeccompPlan> policy(String level) throws IOException {
    try (var json =
        JailAttackTest.class.getResourceAsStream(
            "/io/ironclaw/vm/qemu/seccomp/" + level + ".json")) {
      assertThat(json).as(level).isNotNull();
      String text = new String(json.readAllBytes(), StandardCharsets.UTF_8);
      return Optional.of(new SeccompPlan(new FilterCache.Wanted(text, FilterCache.Use.ENFORCE), 0));
    }
  }

  /** How an attack went. */
  private record Outcome(int status, String said) {
    boolean worked() {
      return status == 0;
    }
  }

  private Outcome attack(
      Launcher launcher,
      String attack,
      String argument,
      ProcessLimits limits,
      Optional<SeccompPlan> policy)
      throws Exception {
    Path out = temp.resolve("out");
    Files.deleteIfExists(out);
    var plan =
        new ProcessPlan(
            Runtime.of(built.resolve("attacker")),
            List.of(attack, places.getOrDefault(argument, argument)),
            Map.of(),
            folder,
            List.of(
                new Grant.ReadOnlyFile("in", temp.resolve("granted")),
                new Grant.WritableFile("out", out),
                new Grant.Device(Path.of("/dev/null"))),
            Optional.empty(),
            limits,
            GROUP,
            policy);
    var launched = launcher.launch(plan);
    try (var output = launched.process().getInputStream()) {
      String said = new String(output.readAllBytes(), StandardCharsets.UTF_8).strip();
      assertThat(launched.awaitEnd(SOON)).isTrue();
      return new Outcome(launched.process().exitValue(), said);
    }
  }

  private BubblewrapLauncher jail() throws Exception {
    return BubblewrapLauncher.of(
        System.getenv("PATH"), UIDS, new FilterCache(temp.resolve("seccomp")));
  }

  /** The same with that control missing. */
  private Outcome without(Control control, String attack, String argument) throws Exception {
    return switch (control) {
      case FILTER -> {
        try (var jail = jail()) {
          yield attack(jail, attack, argument, LIMITS, Optional.empty());
        }
      }
      case JAIL -> {
        try (var none = new UnconfinedLauncher()) {
          yield attack(none, attack, argument, LIMITS, Optional.empty());
        }
      }
      case LIMITS -> {
        try (var jail = jail()) {
          yield attack(jail, attack, argument, ROOMY, Optional.empty());
        }
      }
    };
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "read-file | HOSTFILE | JAIL",
        "read-file | CACHE | JAIL",
        "read-file | /etc/passwd | JAIL",
        "read-file | /proc/1/status | JAIL",
        "write-file | HOSTFILE | JAIL",
        "write-file | in | JAIL",
        "make-file | made | JAIL",
        "fill-file | out | LIMITS",
        "files | x | LIMITS",
        "limit | x | LIMITS",
        "unix-socket | SOCKET | JAIL",
        "abstract-socket | ABSTRACT | JAIL",
        "loopback | PORT | JAIL",
        "inet-socket | x | FILTER",
        "netlink-socket | x | FILTER",
        "raw-socket | x | JAIL",
        "packet-socket | x | JAIL",
        "attach | VICTIM | JAIL",
        "signal | VICTIM | JAIL",
        "trace-me | x | FILTER",
        "pidfd | x | FILTER",
        "process-memory | x | FILTER",
        "mount | DIR | JAIL",
        "mount-namespace | x | JAIL",
        "user-namespace | x | FILTER",
        "clone-user-namespace | x | FILTER",
        "bpf | x | JAIL",
        "keys | x | FILTER",
        "io-uring | x | JAIL",
        "userfaultfd | x | JAIL",
        "personality | x | FILTER",
        "root | x | JAIL",
        "shell | x | JAIL",
        "host-name | HOSTNAME | JAIL",
      })
  void an_attack_is_refused_at_each_level_and_works_without_the_control_that_refuses_it(
      String attack, String argument, Control control) throws Exception {
    try (var jail = jail()) {
      for (var level : List.of("minimal", "basic", "permissive")) {
        var outcome = attack(jail, attack, argument, LIMITS, policy(level));
        assertThat(outcome.worked()).as("%s: %s", level, outcome).isFalse();
        // Refused, and not for another reason, such as an attacker that does not start.
        assertThat(outcome.status() == SECCOMP_KILL || outcome.said().startsWith("refused: "))
            .as("%s: %s", level, outcome)
            .isTrue();
      }
    }
    assumeTrue(
        control != Control.JAIL || PrivateDir.isRoot(),
        "NOT TESTED: that " + attack + " works without a jail: only root's would");
    var outcome = without(control, attack, argument);
    assertThat(outcome.worked()).as("without %s: %s", control, outcome).isTrue();
  }

  @Test
  void a_process_that_forks_is_killed_and_where_it_may_it_stays_in_the_jail() throws Exception {
    try (var jail = jail()) {
      for (var level : List.of("minimal", "basic")) {
        assertThat(attack(jail, "fork", "", LIMITS, policy(level)).status())
            .as(level)
            .isEqualTo(SECCOMP_KILL);
      }
      assertThat(attack(jail, "fork", "", LIMITS, policy("permissive")).worked()).isTrue();
    }
  }
}
