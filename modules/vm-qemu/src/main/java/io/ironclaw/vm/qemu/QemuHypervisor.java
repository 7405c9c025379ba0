package io.ironclaw.vm.qemu;

import static io.ironclaw.vm.qemu.QmpJson.command;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.GuestException;
import io.ironclaw.api.TemplateException;
import io.ironclaw.api.VmConfig;
import io.ironclaw.api.VmId;
import io.ironclaw.api.VmStartException;
import io.ironclaw.guest.ExecRequest;
import io.ironclaw.guest.Renewal;
import io.ironclaw.guest.Watchdog;
import io.ironclaw.host.BoundedLog;
import io.ironclaw.image.BootImage;
import io.ironclaw.jail.Spawner;
import io.ironclaw.vm.Hypervisor;
import io.ironclaw.vm.Machine;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.Template;
import io.ironclaw.vm.qemu.QemuArguments.Memory;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** QEMU with its {@code microvm} machine. Templates are made and restored by migration. */
public final class QemuHypervisor implements Hypervisor {
  private static final Duration QMP = Duration.ofSeconds(20);
  private static final Duration BOOT_ON_KVM = Duration.ofSeconds(10);

  /** Translated code is slow, and on a busy host it is slower. */
  private static final Duration BOOT_EMULATED = Duration.ofSeconds(30);

  private static final int BOOT_TRIES = 3;
  private static final int WARM_UP_RUNS = 2;

  /** With a pause in which the kernel ends what it had put off until after the boot. */
  private static final List<List<String>> WARM_UP =
      List.of(
          List.of("/bin/sh", "-c", "cat /dev/null"), List.of("/bin/true"), List.of("/bin/true"));

  /** Guest memory is not in the state file; status changes arrive as events. */
  private static final String CAPABILITIES =
      command(
          "migrate-set-capabilities",
          Map.of(
              "capabilities",
              List.of(
                  Map.of("capability", "x-ignore-shared", "state", true),
                  Map.of("capability", "events", "state", true))));

  private static final String NEGOTIATE = command("qmp_capabilities", Map.of());

  private final QemuProgram program;
  private final Acceleration acceleration;
  private final QemuArguments arguments;
  private final Path logs;
  private final Spawner spawner = new Spawner();
  private final Watchdog watchdog = new Watchdog();

  /**
   * @param acceleration what a boot probe has shown to work
   * @param logs the folder of the consoles' bounded files
   */
  public QemuHypervisor(QemuProgram program, Acceleration acceleration, Path logs) {
    this.program = program;
    this.acceleration = acceleration;
    this.arguments = new QemuArguments(program.path(), acceleration, HostCpu.read());
    this.logs = logs;
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
  public Machine boot(VmId id, Path dir, VmConfig config, BootImage image, PhaseClock clock)
      throws VmStartException {
    var argv = arguments.boot(dir, config, image, new Memory.Anonymous());
    var machine = start(id, argv, nothing(), dir, clock);
    try {
      machine.agent().greet(bootDeadline(acceleration));
      clock.end("boot");
      return machine;
    } catch (GuestException e) {
      throw machine.failed(e);
    }
  }

  @Override
  public Machine restore(
      VmId id, Path dir, VmConfig config, BootImage image, Template template, PhaseClock clock)
      throws VmStartException {
    var argv = arguments.restore(dir, config, image, new Memory.PrivateFile(template.memory()));
    // QEMU reads the device state from its stdin: no copying, and no path that could be swapped.
    var state = ProcessBuilder.Redirect.from(template.state().toFile());
    var machine = start(id, argv, state, dir, clock);
    try {
      var qmp = machine.qmp();
      qmp.send(
          List.of(NEGOTIATE, CAPABILITIES, command("migrate-incoming", Map.of("uri", "fd:0"))));
      qmp.migrated("restore the template's state", QMP);
      qmp.send(List.of(command("cont", Map.of())));
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
  public void buildTemplate(VmId id, Path dir, VmConfig config, BootImage image, Path template)
      throws VmStartException, TemplateException {
    for (int attempt = 1; ; attempt++) {
      try {
        build(id, dir, config, image, template);
        return;
      } catch (VmStartException e) {
        // An emulated boot can hang in the kernel's timer calibration: a new try is the cure.
        if (attempt == BOOT_TRIES || !e.isHang()) {
          throw e;
        }
      }
    }
  }

  private void build(VmId id, Path dir, VmConfig config, BootImage image, Path template)
      throws VmStartException, TemplateException {
    Path memory = template.resolve(Template.MEMORY_FILE);
    Path state = template.resolve(Template.STATE_FILE);
    try {
      Files.deleteIfExists(memory);
    } catch (IOException e) {
      throw new TemplateException("can't clear " + memory + ": " + e, e);
    }
    var argv = arguments.boot(dir, config, image, new Memory.SharedFile(memory));
    var machine = start(id, argv, nothing(), dir, new PhaseClock());
    try (machine) {
      var deadline = bootDeadline(acceleration);
      machine.agent().greet(deadline);
      machine.agent().renew(Renewal.fresh("template", 0, new SecureRandom()), deadline);
      warmUp(machine);
      save(machine.qmp(), dir.resolve("state.sock"), state, QMP);
    } catch (IOException | GuestException | VmStartException e) {
      throw machine.failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw machine.failed(e);
    }
  }

  /** Runs what a first command runs, so that a clone finds it in memory already. */
  private static void warmUp(Machine machine)
      throws GuestException, InterruptedException, IOException {
    for (int i = 0; i < WARM_UP_RUNS; i++) {
      for (var argv : WARM_UP) {
        var command =
            machine
                .agent()
                .exec(new ExecRequest(argv, List.of(), "/", 0, 0, 30_000, false, Optional.empty()));
        command.stdout().transferTo(OutputStream.nullOutputStream());
        command.await();
      }
    }
  }

  static void save(Qmp qmp, Path socket, Path state, Duration deadline)
      throws IOException, VmStartException, InterruptedException {
    try (var listener = Listener.on(socket)) {
      qmp.send(
          List.of(
              NEGOTIATE,
              command("stop", Map.of()),
              CAPABILITIES,
              command("migrate", Map.of("uri", "unix:" + socket))));
      // QEMU connects while it answers "migrate"; if it refuses, that answer says why.
      qmp.replies(4, "save the template", deadline);
      StateFile.receive(listener.connected(deadline), state, deadline);
      qmp.migrated("save the template", deadline);
    }
  }

  /** How long a guest may take from its start to its first answer. */
  static Duration bootDeadline(Acceleration acceleration) {
    return acceleration == Acceleration.KVM ? BOOT_ON_KVM : BOOT_EMULATED;
  }

  private QemuMachine start(
      VmId id, List<String> argv, ProcessBuilder.Redirect stdin, Path dir, PhaseClock clock)
      throws VmStartException {
    var log = new BoundedLog(logs.resolve(id + ".log"));
    return QemuMachine.start(spawner, watchdog, id, argv, stdin, dir, log, clock);
  }

  private static ProcessBuilder.Redirect nothing() {
    return ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile());
  }

  @Override
  public void close() {
    spawner.close();
    watchdog.close();
  }
}
