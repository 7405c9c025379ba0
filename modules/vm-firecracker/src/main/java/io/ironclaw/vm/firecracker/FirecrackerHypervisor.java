package io.ironclaw.vm.firecracker;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.GuestUnresponsiveException;
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
import io.ironclaw.vm.HypervisorProcess;
import io.ironclaw.vm.Ingredient;
import io.ironclaw.vm.LaunchPlan;
import io.ironclaw.vm.Machine;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.ProgramDigest;
import io.ironclaw.vm.Template;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Firecracker, in its jailer. Templates are its snapshots. */
public final class FirecrackerHypervisor implements Hypervisor {
  /** The guest's, of a number that nobody shares: each machine has its own channel. */
  static final int CID = 3;

  private static final String KERNEL = "kernel";
  private static final String INITRAMFS = "initramfs";
  private static final String ROOT = "root";
  private static final String MEMORY_FILE = "memory";
  private static final String STATE_FILE = "state";

  private final FirecrackerProgram program;
  private final Seccomp seccomp;
  private final Launcher launcher;
  private final Path stateDir;
  private final Path logs;
  private final Waits waits;
  private final Watchdog watchdog = new Watchdog();
  private Optional<Needs> needs = Optional.empty();

  /** What a process of this Firecracker needs besides its guest. */
  private record Needs(Ingredient program, Optional<SeccompPlan> seccomp) {}

  /**
   * @param seccomp which system calls Firecracker's threads may make
   * @param launcher closed with this
   * @param stateDir where what was found out is kept, and the consoles' bounded files
   */
  public FirecrackerHypervisor(
      FirecrackerProgram program, Seccomp seccomp, Launcher launcher, Path stateDir)
      throws HostException {
    this(program, seccomp, launcher, stateDir, Waits.USUAL);
  }

  FirecrackerHypervisor(
      FirecrackerProgram program, Seccomp seccomp, Launcher launcher, Path stateDir, Waits waits)
      throws HostException {
    this.waits = waits;
    this.program = program;
    this.seccomp = seccomp;
    this.launcher = launcher;
    this.stateDir = stateDir;
    this.logs = PrivateDir.ensure(stateDir.resolve("logs"));
  }

  @Override
  public String name() {
    return program.name();
  }

  @Override
  public Acceleration acceleration() {
    return Acceleration.KVM;
  }

  @Override
  public Ingredient program() throws HostException {
    return needs().program();
  }

  /** Snapshots are tied to the exact program, the CPU's model and the host's kernel. */
  @Override
  public String templateIdentity() {
    return String.join(
        " ", program.name(), program.stamp(), BootArguments.FIXED, HostCpu.identity());
  }

  @Override
  public Machine start(LaunchPlan plan, PhaseClock clock) throws VmStartException, HostException {
    var grants =
        new ArrayList<Grant>(
            List.of(
                new Grant.ReadOnlyFile(KERNEL, plan.image().kernel()),
                new Grant.ReadOnlyFile(INITRAMFS, plan.image().initramfs())));
    plan.memory()
        .ifPresent(memory -> {
          grants.add(new Grant.WritableFile(MEMORY_FILE, memory));
          grants.add(new Grant.WritableFile(STATE_FILE, saved(plan)));
        });
    var machine = launch(plan, grants, clock);
    try {
      var shape = plan.shape();
      for (var request :
          List.of(
              new ApiRequest.MachineConfig(shape.vcpus(), shape.memoryMib()),
              new ApiRequest.BootSource(inJail(KERNEL), inJail(INITRAMFS), BootArguments.of(plan)),
              new ApiRequest.Drive(FirecrackerDevices.DISK, inJail(ROOT)),
              new ApiRequest.Vsock(CID, FirecrackerMachine.VSOCK_SOCKET))) {
        machine.api().request(request, waits.answer());
      }
      if (plan.nic().isPresent()) {
        var nic = plan.nic().get();
        machine
            .api()
            .request(
                new ApiRequest.NetworkInterface(FirecrackerDevices.NETWORK, nic.tap(), nic.mac()),
                waits.answer());
      }
      run(plan, machine, new ApiRequest.Start());
      return machine;
    } catch (VmStartException | HostException | GuestUnresponsiveException e) {
      throw machine.failed(e);
    }
  }

  @Override
  public Machine restore(LaunchPlan plan, Template template, PhaseClock clock)
      throws VmStartException, HostException {
    var grants =
        List.<Grant>of(
            new Grant.ReadOnlyFile(MEMORY_FILE, template.memory()),
            new Grant.ReadOnlyFile(STATE_FILE, template.state()));
    var machine = launch(plan, grants, clock);
    try {
      machine
          .api()
          .request(
              new ApiRequest.LoadSnapshot(
                  inJail(STATE_FILE),
                  inJail(MEMORY_FILE),
                  plan.nic()
                      .map(nic ->
                          new ApiRequest.LoadSnapshot.Tap(FirecrackerDevices.NETWORK, nic.tap()))),
              waits.memory());
      clock.end("load");
      run(plan, machine, new ApiRequest.State(true));
      clock.end("restore");
      return machine;
    } catch (VmStartException | HostException | GuestUnresponsiveException e) {
      throw machine.failed(e);
    }
  }

  /** Lets the guest run, with the connection to it made before: nobody can stand in between. */
  private void run(LaunchPlan plan, FirecrackerMachine machine, ApiRequest begin)
      throws VmStartException, HostException, GuestUnresponsiveException {
    var channel = machine.dial();
    boolean begun = false;
    try {
      machine.api().request(begin, waits.answer());
      begun = true;
    } finally {
      if (!begun) {
        channel.close();
      }
    }
    machine.settled();
    machine.answered(plan.id().value(), channel, watchdog);
  }

  /** Both at once, so that its channel is whole again in whoever goes on (Firecracker #6100). */
  @Override
  public void save(Machine machine, Path state) throws VmStartException {
    if (!(machine instanceof FirecrackerMachine firecracker)) {
      throw new IllegalArgumentException("a machine of another driver: " + machine);
    }
    firecracker.api().request(new ApiRequest.State(false), waits.answer());
    firecracker
        .api()
        .request(
            new ApiRequest.CreateSnapshot(inJail(STATE_FILE), inJail(MEMORY_FILE)), waits.memory());
    try {
      Files.copy(saved(firecracker.plan()), state, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new VmStartException("the template can't be saved: " + PrivateDir.reason(e), e);
    }
  }

  private FirecrackerMachine launch(LaunchPlan plan, List<Grant> guest, PhaseClock clock)
      throws VmStartException, HostException {
    var grants = new ArrayList<>(guest);
    grants.add(new Grant.ReadOnlyFile(ROOT, plan.image().rootfs()));
    grants.add(new Grant.Listener(FirecrackerMachine.API_SOCKET));
    grants.add(new Grant.Listener(FirecrackerMachine.VSOCK_SOCKET));
    if (plan.nic().isPresent()) {
      var nic = plan.nic().get();
      grants.add(new Grant.Tap(TapOpener.in(stateDir), nic.namespace(), nic.tap()));
    }
    var process =
        HypervisorProcess.start(
            FirecrackerMachine.NAME,
            launcher,
            plan.id(),
            new ProcessPlan(
                io.ironclaw.jail.Runtime.of(program.path()),
                List.of("--api-sock", FirecrackerMachine.API_SOCKET, "--level", "Warning"),
                Map.of(),
                plan.folder(),
                grants,
                Optional.empty(),
                FirecrackerLimits.process(plan),
                FirecrackerLimits.group(plan),
                needs().seccomp()),
            logs);
    clock.end("spawn");
    var machine =
        FirecrackerMachine.over(process, plan, String.valueOf(program.path().getFileName()), waits);
    clock.end("connect");
    return machine;
  }

  private static Path saved(LaunchPlan plan) {
    return plan.folder().resolve(STATE_FILE);
  }

  private static String inJail(String name) {
    return "/" + name;
  }

  /** The same for every process; looked up by the first. */
  private synchronized Needs needs() throws HostException {
    var known = needs;
    if (known.isEmpty()) {
      known =
          Optional.of(
              new Needs(
                  ProgramDigest.of(program.path(), stateDir), FirecrackerSeccomp.plan(seccomp)));
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
