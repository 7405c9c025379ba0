package io.ironclaw.sandbox;

import static io.ironclaw.sandbox.RealVms.run;
import static io.ironclaw.sandbox.RealVms.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.IronClaw;
import io.ironclaw.api.Limits;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What commands may do to their VM and to each other, as root and as a user. */
@Tag("vm")
@Timeout(180)
class GuestBoundsVmTest {
  private static final String HOG = "l = []\nwhile True: l.append(bytearray(1 << 20))";

  private Optional<IronClaw> ironclaw = Optional.empty();

  @BeforeEach
  void start() {
    ironclaw = Optional.of(LocalIronClaw.start(RealVms.settings()));
  }

  @AfterEach
  void close() {
    ironclaw.orElseThrow().close();
  }

  private Sandbox open(int memoryMib) throws Exception {
    return ironclaw
        .orElseThrow()
        .open(
            SandboxSpec.fresh()
                .withShape(MachineShape.DEFAULT.withMemoryMib(memoryMib))
                .withLimits(Limits.DEFAULT.withTime(Duration.ofMinutes(2))));
  }

  private static ExecSpec as(int uid, String script) {
    return ExecSpec.of("/bin/sh", "-c", script).withUid(uid).withTimeout(Duration.ofSeconds(30));
  }

  @ParameterizedTest
  @ValueSource(ints = {80, 256, 512, 1024})
  void a_memory_hog_is_killed_within_seconds_and_it_is_told_why(int memoryMib) throws Exception {
    var sandbox = open(memoryMib);
    int times = memoryMib == MachineShape.DEFAULT.memoryMib() ? 4 : 1;
    for (int i = 0; i < times; i++) {
      for (int uid : new int[] {0, 1_000}) {
        var result = run(sandbox, as(uid, "exec python3 -c '" + HOG + "'"));
        assertThat(result.outcome()).isInstanceOf(ExecOutcome.Signalled.class);
        assertThat(result.outcome().shellStatus()).isEqualTo(137);
        assertThat(result.outcome().usage().outOfMemory()).isTrue();
        // The time to fill the memory, and three seconds; the smallest has not even room for
        // Python.
        assertThat(result.outcome().usage().wall())
            .isLessThan(Duration.ofSeconds(memoryMib < 96 ? 10 : 3).plusMillis(10L * memoryMib));
      }
    }
    assertThat(run(sandbox, as(0, "kill -9 $$")).outcome().usage().outOfMemory()).isFalse();
    assertThat(sh(sandbox, "echo alive").stdout()).isEqualTo("alive\n");
  }

  @Test
  void full_disks_leave_room_for_programs() throws Exception {
    var sandbox = open(256);
    var filled =
        sh(
            sandbox,
            "for f in /x /tmp/x /dev/shm/x /dev/x; do dd if=/dev/zero of=$f bs=1M count=300 2>&1"
                + " | grep -o 'No space.*'; done");
    assertThat(filled.stdout().lines()).hasSize(4);
    for (int i = 0; i < 3; i++) {
      assertThat(sh(sandbox, "python3 -c 'print(1)'").stdout()).isEqualTo("1\n");
    }
  }

  @Test
  void the_disk_is_as_large_as_was_asked_for() throws Exception {
    var sandbox = open(256);
    assertThat(sh(sandbox, "df -m --output=size / | tail -n 1").stdout().strip()).isEqualTo("80");
    assertThatThrownBy(() -> SandboxSpec.fresh().withLimits(Limits.DEFAULT.withScratchMib(96)))
        .hasMessageContaining("disk is 96 MiB, allowed: 1 MiB to ");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1_000})
  void a_fork_bomb_is_bounded_and_ends_at_its_time_limit(int uid) throws Exception {
    var sandbox = open(256);
    var bomb = as(uid, "b() { b | b & }; b; sleep 100").withTimeout(Duration.ofSeconds(2));
    assertThat(run(sandbox, bomb).outcome()).isInstanceOf(ExecOutcome.TimedOut.class);
    assertThat(sh(sandbox, "ps -e -o comm= | grep -c '^sh$'").stdout()).isEqualTo("1\n");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1_000})
  void a_daemon_that_forks_away_is_killed_with_its_command(int uid) throws Exception {
    var sandbox = open(256);
    String daemon =
        "python3 -c 'import os, time\nif os.fork(): os._exit(0)\nos.setsid()\nif os.fork():"
            + " os._exit(0)\ntime.sleep(1000)'; sleep 100";
    var result = run(sandbox, as(uid, daemon).withTimeout(Duration.ofSeconds(3)));
    assertThat(result.outcome()).isInstanceOf(ExecOutcome.TimedOut.class);
    assertThat(sh(sandbox, "pgrep -c python3 || true").stdout()).isEqualTo("0\n");
  }

  @Test
  void no_command_sees_the_control_groups() throws Exception {
    var sandbox = open(256);
    assertThat(sh(sandbox, "cat /proc/self/cgroup; ls /sys/fs/cgroup | wc -l").stdout())
        .isEqualTo("0::/\n0\n");
  }

  /** Root can mount what it wants; what it leaves its group for is ended with it all the same. */
  @Test
  void a_command_that_leaves_its_control_group_is_killed_with_it() throws Exception {
    var sandbox = open(256);
    String escape =
        """
        python3 -c '
        import ctypes, os, time
        libc = ctypes.CDLL(None, use_errno=True)
        fd = os.open("/proc/1/ns/cgroup", os.O_RDONLY)
        print(libc.setns(fd, 0))
        os.mkdir("/tmp/cg")
        print(libc.mount(b"cgroup2", b"/tmp/cg", b"cgroup2", 0, None))
        os.mkdir("/tmp/cg/free")
        for group in ("/tmp/cg/cgroup.procs", "/tmp/cg/free/cgroup.procs"):
          if os.fork() == 0:
            os.setsid()
            open(group, "w").write(str(os.getpid()))
            time.sleep(1000)
        print("free", flush=True)
        time.sleep(1000)'
        """;
    var result = run(sandbox, as(0, escape).withTimeout(Duration.ofSeconds(8)));
    assertThat(result.outcome()).isInstanceOf(ExecOutcome.TimedOut.class);
    assertThat(result.stdout()).endsWith("free\n");
    assertThat(sh(sandbox, "pgrep -c python3 || true").stdout()).isEqualTo("0\n");
    assertThat(sandbox.isOpen()).isTrue();
  }

  @Test
  void slots_for_commands_do_not_run_out_silently() throws Exception {
    var sandbox = open(512);
    boolean refused = false;
    for (int i = 0; i < 300 && !refused; i++) {
      try {
        run(sandbox, "/bin/sh", "-c", "sleep 1000 & :");
      } catch (io.ironclaw.api.GuestRefusedException e) {
        refused = true;
        assertThat(e)
            .hasMessageContaining("256 commands have left processes that still run; end some");
      }
    }
    assertThat(refused).isTrue();
    assertThat(sandbox.isOpen()).isTrue();
  }

  @Test
  void a_user_without_a_folder_given_runs_in_a_home_of_its_own() throws Exception {
    var sandbox = open(256);
    var result =
        run(
            sandbox,
            as(
                1_000,
                "pwd; id -un; echo $HOME $USER; echo x > file && cat file; echo a >/dev/stdout;"
                    + " echo b >/dev/stderr"));
    assertThat(result.stdout()).isEqualTo("/home/user\nuser\n/home/user user\nx\na\n");
    assertThat(result.stderr()).isEqualTo("b\n");
    assertThat(run(sandbox, as(4_242, "pwd; id -u")).stdout()).isEqualTo("/tmp\n4242\n");
    var wrong =
        new ExecSpec(
            List.of("true"),
            Map.of(),
            Optional.of("/root/x"),
            1_000,
            false,
            Optional.empty(),
            Optional.empty());
    assertThatThrownBy(() -> run(sandbox, wrong))
        .hasMessage("true: can't enter folder /root/x: Permission denied");
  }

  @Test
  void the_vms_own_name_resolves_and_files_can_be_zipped() throws Exception {
    var sandbox = open(256);
    assertThat(
            sh(
                    sandbox,
                    "python3 -c 'import socket; print(socket.gethostbyname(socket.gethostname()))';"
                        + " test $(cat /etc/hostname) = $(hostname) && echo same;"
                        + " cd /tmp; python3 -m zipfile -c a.zip /etc/services && echo zipped")
                .stdout())
        .isEqualTo("127.0.0.1\nsame\nzipped\n");
  }

  @Test
  void a_clock_that_is_wrong_is_right_again_for_the_next_command() throws Exception {
    var sandbox = open(256);
    sh(sandbox, "date -s 2020-01-01");
    long guest = Long.parseLong(sh(sandbox, "date +%s").stdout().strip());
    assertThat(Math.abs(guest - Instant.now().getEpochSecond())).isLessThan(5);
  }
}
