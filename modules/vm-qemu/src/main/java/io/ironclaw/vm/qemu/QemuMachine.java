package io.ironclaw.vm.qemu;

import io.ironclaw.api.HostException;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmStartException;
import io.ironclaw.guest.GuestAgent;
import io.ironclaw.guest.Watchdog;
import io.ironclaw.host.BoundedLog;
import io.ironclaw.host.IoThread;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.Launched;
import io.ironclaw.jail.Launcher;
import io.ironclaw.jail.ProcessPlan;
import io.ironclaw.jail.Reading;
import io.ironclaw.vm.Devices;
import io.ironclaw.vm.Machine;
import io.ironclaw.vm.MachineId;
import io.ironclaw.vm.PhaseClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** A QEMU process with its sockets. Whatever fails on the way up takes everything down with it. */
final class QemuMachine implements Machine {
  /** How the reason begins when QEMU ends before its guest speaks. */
  static final String ENDED = "QEMU ended with status ";

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration DEVICES = Duration.ofSeconds(10);
  private static final Duration REAP = Duration.ofSeconds(5);
  private static final Duration LAST_WORDS = Duration.ofMillis(500);

  private final Launched launched;
  private final Process process;
  private final Path folder;
  private final Devices planned;
  private final BoundedLog log;
  private final Thread pump;
  private final Qmp qmp;
  private final GuestAgent agent;
  private boolean asked;

  private QemuMachine(
      Launched launched,
      Path folder,
      Devices planned,
      BoundedLog log,
      Thread pump,
      Qmp qmp,
      GuestAgent agent) {
    this.launched = launched;
    this.planned = planned;
    this.process = launched.process();
    this.folder = folder;
    this.log = log;
    this.pump = pump;
    this.qmp = qmp;
    this.agent = agent;
  }

  /** Starts QEMU and waits until it has connected its sockets. */
  static QemuMachine start(
      Launcher launcher,
      Watchdog watchdog,
      MachineId id,
      ProcessPlan plan,
      Devices planned,
      BoundedLog log,
      PhaseClock clock)
      throws VmStartException, HostException {
    Path dir = plan.folder();
    Optional<QemuMachine> made = Optional.empty();
    PrivateDir.ensureWalkable(dir.resolve(QemuArguments.SOCKETS));
    try (var qmpListener = Listener.on(dir.resolve(QemuArguments.QMP_SOCKET));
        var agentListener = Listener.on(dir.resolve(QemuArguments.AGENT_SOCKET))) {
      var launched = launcher.launch(plan);
      var process = launched.process();
      var pump = IoThread.start("console-" + id, () -> pump(process, log));
      // Nothing waits for this: both listeners hear of it or are connected by then.
      var _ =
          process
              .onExit()
              .thenAccept(p -> {
                String why =
                    launched
                        .causeOfDeath(p.exitValue())
                        .map(cause -> "QEMU " + cause)
                        .orElse(ENDED + p.exitValue());
                qmpListener.giveUp(why);
                agentListener.giveUp(why);
              });
      clock.end("spawn");
      try {
        var qmp = new Qmp(qmpListener.connected(CONNECT));
        var agent = GuestAgent.over(id.value(), agentListener.connected(CONNECT), watchdog);
        launched.settled();
        clock.end("connect");
        var machine = new QemuMachine(launched, dir, planned, log, pump, qmp, agent);
        made = Optional.of(machine);
        return machine;
      } catch (VmStartException e) {
        var failure = failed(launched, pump, log, e);
        // QEMU has not run yet, so what was printed is nobody's but its jail's.
        var refusal = launched.refusal(log.tail());
        if (refusal.isPresent()) {
          throw refusal.get();
        }
        throw failure;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw failed(launched, pump, log, new IOException("interrupted while starting QEMU", e));
      }
    } catch (IOException e) {
      // Also when a socket can't be removed after QEMU has connected: then it runs already.
      made.ifPresent(QemuMachine::close);
      throw new VmStartException(
          "can't listen in " + dir + ": " + PrivateDir.reason(e) + "; check space and rights", e);
    }
  }

  private static void pump(Process process, BoundedLog log) {
    try (var out = process.getInputStream()) {
      log.pump(out);
    } catch (IOException _) {
      // QEMU is gone; what it said is in the log.
    }
  }

  private static VmStartException failed(
      Launched launched, Thread pump, BoundedLog log, Exception cause) {
    reap(launched, pump, log);
    return new VmStartException(
        "VM did not start: "
            + Optional.ofNullable(cause.getMessage()).orElse(cause.toString())
            + lastWords(log),
        cause);
  }

  private static String lastWords(BoundedLog log) {
    String tail = log.tail();
    return tail.isEmpty()
        ? "; its console said nothing"
        : "; its console said last:\n" + tail + "\n(all of it: " + log.file() + ")";
  }

  @Override
  public String lastWords() {
    return lastWords(log);
  }

  /** Its sockets' folder, which is also QEMU's working directory. */
  Path folder() {
    return folder;
  }

  Qmp qmp() {
    return qmp;
  }

  @Override
  public GuestAgent agent() {
    return agent;
  }

  @Override
  public long pid() throws HostException {
    return launched.pid();
  }

  @Override
  public String consoleTail() {
    return log.tail();
  }

  /** Asks ahead of {@link #account}: the answers take longer than the question. */
  synchronized void askForAccount() throws IOException {
    QemuDevices.ask(qmp);
    asked = true;
  }

  @Override
  public Devices planned() {
    return planned;
  }

  @Override
  public synchronized Account account() throws VmException {
    try {
      if (!asked) {
        askForAccount();
      }
      asked = false;
      return QemuDevices.answers(qmp, DEVICES);
    } catch (IOException e) {
      throw new VmStartException("QEMU can't be asked for its devices: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VmStartException("interrupted while QEMU was asked for its devices", e);
    }
  }

  @Override
  public List<Reading> confinement() throws HostException {
    return launched.readings();
  }

  @Override
  public Optional<String> causeOfDeath(int status) {
    return launched.causeOfDeath(status);
  }

  @Override
  public OptionalInt awaitExit(Duration limit) throws InterruptedException {
    if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      return OptionalInt.empty();
    }
    pump.join(LAST_WORDS);
    return OptionalInt.of(process.exitValue());
  }

  @Override
  public void close() {
    agent.close();
    qmp.close();
    reap(launched, pump, log);
  }

  /**
   * Kills it and waits until it is gone, whether this thread was interrupted or not: what follows
   * removes its folder. An interrupt is kept for the caller.
   */
  private static void reap(Launched launched, Thread pump, BoundedLog log) {
    launched.kill();
    boolean interrupted = Thread.interrupted();
    try {
      boolean _ = launched.awaitEnd(REAP);
      pump.join(LAST_WORDS);
    } catch (InterruptedException _) {
      interrupted = true;
    }
    try {
      log.close();
    } catch (IOException _) {
      // The console's file is best effort; its tail is in memory.
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
