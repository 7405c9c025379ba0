package io.ironclaw.vm.qemu;

import io.ironclaw.api.HostException;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmStartException;
import io.ironclaw.guest.GuestAgent;
import io.ironclaw.guest.Watchdog;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.Launcher;
import io.ironclaw.jail.ProcessPlan;
import io.ironclaw.jail.Reading;
import io.ironclaw.jail.SeccompRecord;
import io.ironclaw.vm.Devices;
import io.ironclaw.vm.HypervisorProcess;
import io.ironclaw.vm.Machine;
import io.ironclaw.vm.MachineId;
import io.ironclaw.vm.PhaseClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A QEMU process with its sockets. Whatever fails on the way up takes everything down with it. */
final class QemuMachine implements Machine {
  private static final String QEMU = "QEMU";

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration DEVICES = Duration.ofSeconds(10);

  private final HypervisorProcess process;
  private final Path folder;
  private final Devices planned;
  private final Qmp qmp;
  private final GuestAgent agent;
  private boolean asked;

  private QemuMachine(
      HypervisorProcess process, Path folder, Devices planned, Qmp qmp, GuestAgent agent) {
    this.process = process;
    this.planned = planned;
    this.folder = folder;
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
      Path logs,
      PhaseClock clock)
      throws VmStartException, HostException {
    Path dir = plan.folder();
    Optional<QemuMachine> made = Optional.empty();
    PrivateDir.ensureWalkable(dir.resolve(QemuArguments.SOCKETS));
    try (var qmpListener = Listener.on(dir.resolve(QemuArguments.QMP_SOCKET));
        var agentListener = Listener.on(dir.resolve(QemuArguments.AGENT_SOCKET))) {
      var process = HypervisorProcess.start(QEMU, launcher, id, plan, logs);
      // Nothing waits for this: both listeners hear of it or are connected by then.
      process.whenEnded(why -> {
        qmpListener.giveUp(why);
        agentListener.giveUp(why);
      });
      clock.end("spawn");
      try {
        var qmp = new Qmp(qmpListener.connected(CONNECT));
        var agent = GuestAgent.over(id.value(), agentListener.connected(CONNECT), watchdog);
        process.settled();
        clock.end("connect");
        var machine = new QemuMachine(process, dir, planned, qmp, agent);
        made = Optional.of(machine);
        return machine;
      } catch (VmStartException e) {
        throw process.failed(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw process.failed(new IOException("interrupted while starting QEMU", e));
      }
    } catch (IOException e) {
      // Also when a socket can't be removed after QEMU has connected: then it runs already.
      made.ifPresent(QemuMachine::close);
      throw new VmStartException(
          "can't listen in " + dir + ": " + PrivateDir.reason(e) + "; check space and rights", e);
    }
  }

  @Override
  public String lastWords() {
    return process.lastWords();
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
    return process.pid();
  }

  @Override
  public String consoleTail() {
    return process.tail();
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
    return process.confinement();
  }

  @Override
  public Optional<String> causeOfDeath(int status) {
    return process.causeOfDeath(status);
  }

  @Override
  public Optional<SeccompRecord> violation(int status) {
    return process.violation(status);
  }

  @Override
  public OptionalInt awaitExit(Duration limit) throws InterruptedException {
    return process.awaitExit(limit);
  }

  @Override
  public void close() {
    agent.close();
    qmp.close();
    process.reap();
  }
}
