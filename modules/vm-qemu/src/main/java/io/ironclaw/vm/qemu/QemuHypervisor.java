package io.ironclaw.vm.qemu;

import static io.ironclaw.vm.qemu.QmpJson.command;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.HostException;
import io.ironclaw.api.Seccomp;
import io.ironclaw.api.VmStartException;
import io.ironclaw.guest.Watchdog;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.Grant;
import io.ironclaw.jail.Launcher;
import io.ironclaw.jail.ProcessPlan;
import io.ironclaw.jail.SeccompPlan;
import io.ironclaw.jail.TapOpener;
import io.ironclaw.vm.HostCpu;
import io.ironclaw.vm.Hypervisor;
import io.ironclaw.vm.Ingredient;
import io.ironclaw.vm.LaunchPlan;
import io.ironclaw.vm.Machine;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.ProgramDigest;
import io.ironclaw.vm.Template;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** QEMU with its {@code microvm} machine. Templates are made and restored by migration. */
public final class QemuHypervisor implements Hypervisor {
  private static final Duration QMP = Duration.ofSeconds(20);

  /** Guest memory is not in the state file; status changes arrive as events. */
  private static final String CAPABILITIES =
      command(
          "migrate-set-capabilities",
          Map.of(
              "capabilities",
              List.of(
                  Map.of("capability", "x-ignore-shared", "state", true),
                  Map.of("capability", "events", "state", true))));

  /** It does not tell the network that a guest has moved: none has. */
  private static final String QUIET =
      command("migrate-set-parameters", Map.of("announce-rounds", 0));

  private static final String NEGOTIATE = command("qmp_capabilities", Map.of());

  private final QemuProgram program;
  private final Acceleration acceleration;
  private final Seccomp seccomp;
  private final QemuArguments arguments;
  private final Launcher launcher;
  private final Path logs;
  private final Path stateDir;
  private Optional<Needs> needs = Optional.empty();

  /** What a process of this QEMU needs besides its guest. */
  private record Needs(
      Ingredient program,
      io.ironclaw.jail.Runtime runtime,
      Optional<Path> library,
      Optional<SeccompPlan> seccomp) {}

  private final Watchdog watchdog = new Watchdog();

  /**
   * @param acceleration what a boot probe has shown to work
   * @param seccomp which system calls QEMU may make
   * @param launcher closed with this
   * @param stateDir where what was found out is kept, and the consoles' bounded files
   */
  public QemuHypervisor(
      QemuProgram program,
      Acceleration acceleration,
      Seccomp seccomp,
      Launcher launcher,
      Path stateDir)
      throws HostException {
    this.program = program;
    this.seccomp = seccomp;
    this.acceleration = acceleration;
    this.arguments = new QemuArguments(acceleration, HostCpu.read(), program.opening());
    this.launcher = launcher;
    this.logs = PrivateDir.ensure(stateDir.resolve("logs"));
    this.stateDir = stateDir;
  }

  @Override
  public String name() {
    return "qemu " + program.version();
  }

  @Override
  public Acceleration acceleration() {
    return acceleration;
  }

  @Override
  public Ingredient program() throws HostException {
    return needs().program();
  }

  @Override
  public String templateIdentity() {
    return String.join(
        " ",
        "qemu",
        program.version(),
        program.stamp(),
        "microvm",
        arguments.cpuModel(),
        KernelCommandLine.fixedPart(acceleration),
        acceleration == Acceleration.KVM ? HostCpu.identity() : "");
  }

  @Override
  public Machine start(LaunchPlan plan, PhaseClock clock) throws VmStartException, HostException {
    var machine = launch(plan, arguments.boot(plan), Optional.empty(), clock);
    try {
      // Else QEMU takes no command later.
      machine.qmp().send(List.of(NEGOTIATE));
      machine.qmp().replies(1, "agree on a protocol", QMP);
      return machine;
    } catch (IOException | VmStartException e) {
      throw machine.failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw machine.failed(e);
    }
  }

  @Override
  public Machine restore(LaunchPlan plan, Template template, PhaseClock clock)
      throws VmStartException, HostException {
    // QEMU reads the device state from its stdin: no copying, and no path that could be swapped.
    var machine =
        launch(plan, arguments.restore(plan, template), Optional.of(template.state()), clock);
    try {
      var qmp = machine.qmp();
      qmp.send(
          List.of(
              NEGOTIATE, CAPABILITIES, QUIET, command("migrate-incoming", Map.of("uri", "fd:0"))));
      qmp.migrated("restore the template's state", QMP);
      qmp.send(List.of(command("cont", Map.of())));
      machine.askForAccount();
      qmp.replies(1, "run the clone", QMP);
      clock.end("restore");
      return machine;
    } catch (IOException | VmStartException e) {
      throw machine.failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw machine.failed(e);
    }
  }

  @Override
  public void save(Machine machine, Path state) throws VmStartException {
    if (!(machine instanceof QemuMachine qemu)) {
      throw new IllegalArgumentException("a machine of another driver: " + machine);
    }
    try {
      save(qemu.qmp(), qemu.folder(), state, QMP);
    } catch (IOException e) {
      throw new VmStartException("the template can't be saved: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VmStartException("interrupted while the template was saved", e);
    }
  }

  static void save(Qmp qmp, Path folder, Path state, Duration deadline)
      throws IOException, VmStartException, InterruptedException {
    try (var listener = Listener.on(folder.resolve(QemuArguments.STATE_SOCKET))) {
      qmp.send(
          List.of(
              command("stop", Map.of()),
              CAPABILITIES,
              command("migrate", Map.of("uri", "unix:" + QemuArguments.STATE_SOCKET))));
      // QEMU connects while it answers "migrate"; if it refuses, that answer says why.
      qmp.replies(3, "save the template", deadline);
      StateFile.receive(listener.connected(deadline), state, deadline);
      qmp.migrated("save the template", deadline);
    }
  }

  private QemuMachine launch(
      LaunchPlan plan, QemuArguments.CommandLine line, Optional<Path> stdin, PhaseClock clock)
      throws VmStartException, HostException {
    var environment = new HashMap<>(Map.of("LC_ALL", "C", "TMPDIR", "."));
    var grants = new ArrayList<>(line.grants());
    var needs = needs();
    needs
        .library()
        .ifPresent(file -> {
          grants.add(new Grant.ReadOnlyFile(PrivateMemory.NAME, file));
          environment.put("LD_PRELOAD", "./" + PrivateMemory.NAME);
        });
    if (plan.nic().isPresent()) {
      var nic = plan.nic().get();
      grants.add(new Grant.Tap(TapOpener.in(stateDir), nic.namespace(), nic.tap()));
    }
    var process =
        new ProcessPlan(
            needs.runtime(),
            line.arguments(),
            environment,
            plan.folder(),
            grants,
            stdin,
            QemuLimits.process(plan),
            QemuLimits.group(plan),
            needs.seccomp());
    return QemuMachine.start(
        launcher, watchdog, plan.id(), process, QemuArguments.devices(plan), logs, clock);
  }

  /** The same for every process; looked up by the first. */
  private synchronized Needs needs() throws HostException {
    var known = needs;
    if (known.isEmpty()) {
      boolean old = program.opening() == QemuArguments.Opening.FOR_WRITING;
      known =
          Optional.of(
              new Needs(
                  ProgramDigest.of(program.path(), stateDir),
                  QemuRuntime.of(program, stateDir),
                  old ? Optional.of(PrivateMemory.in(stateDir)) : Optional.empty(),
                  QemuSeccomp.plan(seccomp)));
      needs = known;
    }
    return known.get();
  }

  @Override
  public void close() {
    launcher.close();
    watchdog.close();
  }
}
