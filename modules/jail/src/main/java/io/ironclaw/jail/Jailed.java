package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** A process in a jail of bubblewrap's, which waits for it outside. */
final class Jailed implements Launched {
  /** How the messages begin of what stands before the program. */
  private static final List<String> BUILDERS =
      List.of("bwrap: ", "setpriv: ", "setsid: ", "launch: ", "/bin/sh: ");

  private final Process outer;
  private final ProcessLimits limits;
  private final JailReadings expected;
  private final Runnable unstage;
  private final AtomicBoolean settled = new AtomicBoolean();
  private volatile Optional<ProcessHandle> program = Optional.empty();

  Jailed(Process outer, ProcessLimits limits, JailReadings expected, Runnable unstage) {
    this.outer = outer;
    this.limits = limits;
    this.expected = expected;
    this.unstage = unstage;
    var _ = outer.onExit().thenRun(this::settled);
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

  /** Bubblewrap has one child: process 1 of the namespace, which the program becomes. */
  private Optional<ProcessHandle> child() {
    Path children = Path.of("/proc", "" + outer.pid(), "task", "" + outer.pid(), "children");
    try {
      var ids = Files.readString(children).strip();
      return ids.isEmpty()
          ? Optional.empty()
          : ProcessHandle.of(Long.parseLong(ids.split(" ", 2)[0]));
    } catch (IOException | NumberFormatException _) {
      // It is gone, or this kernel has no such file: all of /proc is looked through then.
      return outer.children().findFirst();
    }
  }

  @Override
  public void settled() {
    if (settled.compareAndSet(false, true)) {
      unstage.run();
    }
  }

  @Override
  public Optional<HostException> refusal(String output) {
    return output
        .lines()
        .filter(line -> BUILDERS.stream().anyMatch(line::startsWith))
        .findFirst()
        .map(line ->
            new HostException(
                "no jail can be made: "
                    + Printable.line(line)
                    + "; `ironclaw doctor` says why and what to do"));
  }

  /**
   * The program first: bubblewrap reports its end, so who waits for bubblewrap waits for both. If
   * it has none yet, its own end takes it along (prctl(2), PR_SET_PDEATHSIG).
   */
  @Override
  public void kill() {
    var inner = program.or(this::child);
    if (inner.isEmpty() || !inner.get().destroyForcibly()) {
      outer.destroyForcibly();
    }
  }

  @Override
  public List<Reading> readings() throws HostException {
    long pid = pid();
    var readings = new ArrayList<>(expected.of(Posture.of(pid)));
    readings.add(ProcessLimits.inForce(pid).compared(limits));
    return readings;
  }
}
