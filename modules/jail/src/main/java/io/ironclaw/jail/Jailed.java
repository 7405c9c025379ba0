package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/** A process in a jail, and what was started around it: that waits for it outside. */
final class Jailed implements Launched {
  /** How the messages begin of what stands before the program. */
  private static final List<String> BUILDERS =
      List.of(
          "bwrap: ",
          "setpriv: ",
          "setsid: ",
          "launch: ",
          "/bin/sh: ",
          "tap-open: ",
          "jail-init: ",
          "Jailer error: ");

  /** How the jailer ends what it says since 1.13: the reason is the line before. */
  private static final String JAILER_ENDS = "Error: ";

  private final Process outer;
  private final ControlGroup group;
  private final CompletableFuture<Void> cleared;
  private final ProcessLimits limits;
  private final JailReadings expected;
  private final Runnable unstage;
  private final AtomicBoolean settled = new AtomicBoolean();
  private volatile Optional<ProcessHandle> program = Optional.empty();
  private Optional<SeccompDeath> death = Optional.empty();

  /**
   * @param unstage takes away what was put up for its start; does nothing the second time
   * @param cleared done when nothing is left of it
   */
  Jailed(
      Process outer,
      ProcessLimits limits,
      ControlGroup group,
      JailReadings expected,
      Runnable unstage,
      CompletableFuture<Void> cleared) {
    this.outer = outer;
    this.group = group;
    this.cleared = cleared;
    this.limits = limits;
    this.expected = expected;
    this.unstage = unstage;
  }

  @Override
  public Process process() {
    return outer;
  }

  @Override
  public long pid() throws HostException {
    var known = program;
    if (known.isEmpty()) {
      known = child();
      program = known;
    }
    return known
        .map(ProcessHandle::pid)
        .orElseThrow(() -> new HostException("the hypervisor in jail " + outer.pid() + " is gone"));
  }

  /** Each that stands before the program has one child. */
  private Optional<ProcessHandle> child() {
    var found = Optional.of(outer.toHandle());
    for (int i = 0; i < expected.kind().before(); i++) {
      found = found.flatMap(Jailed::child);
    }
    return found;
  }

  private static Optional<ProcessHandle> child(ProcessHandle parent) {
    Path children = Path.of("/proc", "" + parent.pid(), "task", "" + parent.pid(), "children");
    try {
      var ids = Files.readString(children).strip();
      return ids.isEmpty()
          ? Optional.empty()
          : ProcessHandle.of(Long.parseLong(ids.split(" ", 2)[0]));
    } catch (IOException | NumberFormatException _) {
      // It is gone, or this kernel has no such file: all of /proc is looked through then.
      return parent.children().findFirst();
    }
  }

  @Override
  public OptionalLong user() {
    return expected.uid();
  }

  @Override
  public void settled() {
    if (settled.compareAndSet(false, true)) {
      program = program.or(this::child);
      unstage.run();
    }
  }

  @Override
  public Optional<HostException> refusal(String output) {
    var lines = output.lines().toList();
    var said =
        lines.stream().filter(line -> BUILDERS.stream().anyMatch(line::startsWith)).findFirst();
    if (said.isEmpty()
        && lines.size() > 1
        && lines.getLast().startsWith(JAILER_ENDS)
        && expected.kind() == JailReadings.Kind.JAILER) {
      said = Optional.of("jailer: " + lines.get(lines.size() - 2));
    }
    return said.map(line ->
        new HostException(
            "no jail can be made: "
                + Printable.line(line)
                + "; `ironclaw doctor` says why and what to do"));
  }

  @Override
  public Optional<String> causeOfDeath(int status) {
    return death(status).map(SeccompDeath::text);
  }

  @Override
  public Optional<SeccompRecord> violation(int status) {
    return death(status).flatMap(SeccompDeath::record);
  }

  /** Looked for once: the kernel's log goes on. */
  private synchronized Optional<SeccompDeath> death(int status) {
    if (status != SeccompDeath.STATUS) {
      return Optional.empty();
    }
    if (death.isEmpty()) {
      death = Optional.of(SeccompDeath.of(program.map(ProcessHandle::pid), expected.uid()));
    }
    return death;
  }

  /**
   * The program first: bubblewrap reports its end, so who waits for bubblewrap waits for both. If
   * it has none yet, its own end takes it along (prctl(2), PR_SET_PDEATHSIG). By its handle: killed
   * as a process, Java closes the pipe that its last words are in.
   */
  @Override
  public void kill() {
    var inner = program.or(this::child);
    if (inner.isEmpty() || !inner.get().destroyForcibly()) {
      outer.toHandle().destroyForcibly();
    }
  }

  @Override
  public boolean awaitEnd(Duration limit) throws InterruptedException {
    if (await(cleared, limit.dividedBy(2))) {
      return true;
    }
    // Whatever keeps it: all at once, now.
    group.kill();
    outer.toHandle().destroyForcibly();
    return await(cleared, limit.dividedBy(2));
  }

  /** Whether it is done within a time. */
  static boolean await(CompletableFuture<Void> cleared, Duration limit)
      throws InterruptedException {
    try {
      cleared.get(limit.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException _) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("clearing up after a process failed", e);
    }
  }

  @Override
  public List<Reading> readings() throws HostException {
    long pid = pid();
    var readings = new Readings();
    expected.read(Posture.of(pid), readings);
    group.read(pid, readings);
    readings.add(ProcessLimits.inForce(pid).compared(limits));
    return readings.all();
  }
}
