package io.ironclaw.sandbox;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.AssuranceException;
import io.ironclaw.api.HostException;
import io.ironclaw.api.HypervisorMissingException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Jail;
import io.ironclaw.image.BootImage;
import io.ironclaw.jail.BubblewrapLauncher;
import io.ironclaw.jail.Launcher;
import io.ironclaw.jail.UnconfinedLauncher;
import io.ironclaw.jail.seccomp.FilterCache;
import io.ironclaw.vm.Admission;
import io.ironclaw.vm.Hypervisor;
import io.ironclaw.vm.KvmProbe;
import io.ironclaw.vm.qemu.QemuHypervisor;
import io.ironclaw.vm.qemu.QemuProgram;
import java.util.List;
import java.util.Optional;

/** Chooses the driver: with {@link FirecrackerChoice} the one place that knows which there are. */
record Hypervisors(Settings settings) {
  /**
   * A hypervisor that was chosen.
   *
   * @param downgrade why guests are emulated, if nobody asked for that
   * @param jail around it
   */
  record Chosen(Hypervisor hypervisor, Optional<String> downgrade, Jail jail) {}

  /**
   * The best that this host has, or the one that was asked for.
   *
   * @param image booted where only that tells whether KVM works
   * @param admission of VMs
   */
  Chosen choose(BootImage image, Admission admission) throws IronClawException {
    var wanted = settings.drivers().wanted();
    if (wanted == Drivers.Wanted.QEMU) {
      return qemu(image);
    }
    var choice = new FirecrackerChoice(settings);
    var found = choice.look(image, admission);
    if (found.program().isPresent()) {
      return new Chosen(choice.open(found.program().get()), Optional.empty(), Jail.JAILER);
    }
    if (wanted == Drivers.Wanted.FIRECRACKER) {
      throw new HypervisorMissingException(
          "Firecracker is asked for and can't be used: " + found.objection());
    }
    return qemu(image);
  }

  private Chosen qemu(BootImage image) throws IronClawException {
    var program =
        QemuProgram.find(settings.drivers().qemu(), settings.searchPath(), settings.stateDir());
    // Before anything is started: without its jail there is no VM.
    var launcher = launcher();
    var isolation = isolation(program, image);
    return new Chosen(
        qemu(program, isolation.acceleration(), launcher), isolation.downgrade(), settings.jail());
  }

  private Hypervisor qemu(QemuProgram program, Acceleration acceleration, Launcher launcher)
      throws HostException {
    return new QemuHypervisor(
        program, acceleration, settings.seccompInForce(), launcher, settings.stateDir());
  }

  /** What starts QEMU, as the settings say. */
  Launcher launcher() throws HostException {
    return switch (settings.jail()) {
      case BUBBLEWRAP, JAILER ->
          BubblewrapLauncher.of(
              settings.searchPath(),
              settings.jailUids(),
              new FilterCache(settings.stateDir().resolve("seccomp")));
      case NONE -> new UnconfinedLauncher();
    };
  }

  private Isolation isolation(QemuProgram program, BootImage image) throws AssuranceException {
    var wanted = settings.acceleration();
    if (wanted.equals(Optional.of(Acceleration.EMULATED))) {
      return new Isolation(Acceleration.EMULATED, Optional.empty());
    }
    var finding =
        new KvmProbe(
                program.version() + " " + program.stamp(),
                settings.stateDir().resolve("kvm-probe"),
                settings.runtimeDir(),
                () -> qemu(program, Acceleration.KVM, launcher()),
                _ -> List.of())
            .find(image);
    if (finding.answer() == KvmProbe.Answer.WORKS) {
      return new Isolation(Acceleration.KVM, Optional.empty());
    }
    if (wanted.isPresent()) {
      throw new AssuranceException(
          "KVM is demanded and can't be used: " + finding.why() + "; no VM was started");
    }
    return new Isolation(Acceleration.EMULATED, Optional.of(finding.why()));
  }
}
