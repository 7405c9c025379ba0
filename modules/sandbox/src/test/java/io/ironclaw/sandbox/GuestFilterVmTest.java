package io.ironclaw.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.Event;
import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.IronClaw;
import io.ironclaw.api.Sandbox;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What commands may not do in their guest: refused by their filter, and counted. */
@Tag("vm")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GuestFilterVmTest {
  private static final String EPERM = "1";

  private Optional<IronClaw> ironclaw = Optional.empty();
  private Optional<Sandbox> sandbox = Optional.empty();

  @BeforeAll
  void open() throws Exception {
    ironclaw = Optional.of(LocalIronClaw.start(RealVms.settings()));
    sandbox = Optional.of(ironclaw.get().open(RealVms.spec()));
  }

  @AfterAll
  void close() {
    ironclaw.ifPresent(IronClaw::close);
  }

  private RealVms.Result run(GuestSeccomp level, String... argv) throws Exception {
    return RealVms.run(sandbox.orElseThrow(), ExecSpec.of(argv).withSeccomp(level));
  }

  /** Makes a system call so many times; prints the error of the last, 0 for none. */
  private RealVms.Result call(GuestSeccomp level, int times, String arguments) throws Exception {
    return run(
        level,
        "python3",
        "-c",
        """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        error = 0
        for _ in range(%d):
            ctypes.set_errno(0)
            libc.syscall(%s)
            error = ctypes.get_errno()
        print(error)
        """
            .formatted(times, arguments));
  }

  private static ExecOutcome.Usage usage(RealVms.Result result) {
    return result.outcome().usage();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "init_module | 175, 0, 0, 0",
        "finit_module | 313, -1, 0, 0",
        "delete_module | 176, 0, 0",
        "mount | 165, 0, 0, 0, 0, 0",
        "umount2 | 166, 0, 0",
        "pivot_root | 155, 0, 0",
        "move_mount | 429, -1, 0, -1, 0, 0",
        "ptrace | 101, 16, 999999, 0, 0",
        "process_vm_readv | 310, 999999, 0, 0, 0, 0, 0",
        "pidfd_getfd | 438, -1, 0, 0",
        "bpf | 321, 99, 0, 0",
        "kexec_load | 246, 0, 0, 0, 0",
        "perf_event_open | 298, 0, 0, -1, -1, 0",
        "reboot | 169, 0, 0, 0, 0",
        "keyctl | 250, 99, 0, 0, 0, 0",
        "add_key | 248, 0, 0, 0, 0, 0",
        "open_by_handle_at | 304, -1, 0, 0",
        "settimeofday | 164, 0, 0",
        "swapon | 167, 0, 0",
        "io_uring_setup | 425, 0, 0",
        "userfaultfd | 323, 99",
        "socket | 41, 17, 3, 0",
        "socket | 41, 2, 3, 1",
        "socket | 41, 2, 0x80003, 255",
        "socket | 41, 10, 3, 58",
        "socket | 41, 40, 1, 0",
      })
  void what_only_attacks_need_is_refused_and_counted_and_is_not_where_the_filter_is_off(
      String name, String arguments) throws Exception {
    for (var level : List.of(GuestSeccomp.BASIC, GuestSeccomp.MINIMAL)) {
      var refused = call(level, 1, arguments);
      assertThat(refused.stdout().strip()).as(level.text()).isEqualTo(EPERM);
      assertThat(usage(refused).refused()).containsExactly(new ExecOutcome.Refused(name, 1));
      assertThat(usage(refused).moreRefused()).isFalse();
    }
    var off = call(GuestSeccomp.OFF, 1, arguments);
    assertThat(off.stdout().strip()).isNotEqualTo(EPERM);
    assertThat(usage(off).refused()).isEmpty();
  }

  @Test
  void the_minimal_one_refuses_namespaces_and_devices_too_and_lets_threads_be() throws Exception {
    assertThat(run(GuestSeccomp.BASIC, "unshare", "-r", "true").outcome().shellStatus()).isZero();
    var unshare = run(GuestSeccomp.MINIMAL, "unshare", "-r", "true");
    assertThat(unshare.stderr()).contains("Operation not permitted");
    assertThat(usage(unshare).refused()).containsExactly(new ExecOutcome.Refused("unshare", 1));
    var device = run(GuestSeccomp.MINIMAL, "mknod", "/tmp/d", "c", "1", "1");
    assertThat(usage(device).refused()).extracting(ExecOutcome.Refused::call).contains("mknodat");
    var usual =
        run(
            GuestSeccomp.MINIMAL,
            "python3",
            "-c",
            """
            import threading, subprocess, socket, multiprocessing as m
            t = threading.Thread(target=lambda: print('thread', flush=True))
            t.start(); t.join()
            subprocess.run(['mkfifo', '/tmp/f'], check=True)
            socket.getaddrinfo('localhost', 80)
            p = m.Process(target=lambda: None); p.start(); p.join()
            print(p.exitcode)
            """);
    assertThat(usual.stdout()).isEqualTo("thread\n0\n");
    assertThat(usage(usual).refused()).isEmpty();
  }

  @Test
  void of_thousands_each_is_counted() throws Exception {
    var flood = call(GuestSeccomp.BASIC, 5_000, "246, 0, 0, 0, 0");
    assertThat(usage(flood).refused())
        .containsExactly(new ExecOutcome.Refused("kexec_load", 5_000));
    assertThat(usage(flood).moreRefused()).isFalse();
  }

  @Test
  void no_command_under_a_filter_gains_rights_by_starting_a_program() throws Exception {
    var user =
        ExecSpec.of("sh", "-c", "cat /proc/self/status; cp /bin/cat /tmp/c; chmod u+s /tmp/c")
            .withUid(1_000);
    assertThat(RealVms.run(sandbox.orElseThrow(), user).stdout())
        .contains("NoNewPrivs:\t1", "Seccomp:\t2", "Seccomp_filters:\t1");
    var off = RealVms.run(sandbox.orElseThrow(), user.withSeccomp(GuestSeccomp.OFF));
    assertThat(off.stdout()).contains("NoNewPrivs:\t0", "Seccomp:\t0");
  }

  @Test
  void a_refusal_is_an_event() throws Exception {
    var told = new java.util.concurrent.LinkedBlockingQueue<Event.CommandRefused>();
    try (var _ = ironclaw.orElseThrow().events().subscribe(Event.CommandRefused.class, told::add)) {
      call(GuestSeccomp.BASIC, 3, "321, 99, 0, 0");
      var event = told.poll(20, java.util.concurrent.TimeUnit.SECONDS);
      assertThat(Optional.ofNullable(event))
          .contains(
              new Event.CommandRefused(
                  sandbox.orElseThrow().id(), List.of(new ExecOutcome.Refused("bpf", 3)), false));
    }
  }
}
