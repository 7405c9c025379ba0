package io.ironclaw.sandbox;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.HostException;
import io.ironclaw.api.HypervisorMissingException;
import io.ironclaw.api.Jail;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.BootImage;
import io.ironclaw.jail.JailerLauncher;
import io.ironclaw.jail.seccomp.FilterCache;
import io.ironclaw.vm.Admission;
import io.ironclaw.vm.Hypervisor;
import io.ironclaw.vm.KvmProbe;
import io.ironclaw.vm.firecracker.FirecrackerHypervisor;
import io.ironclaw.vm.firecracker.FirecrackerProgram;
import java.util.Optional;

/** Whether VMs can run on Firecracker here, and if not, why. */
record FirecrackerChoice(Settings settings) {
  /**
   * What was found.
   *
   * @param program empty if there is an objection
   * @param objection why it can't be used; empty if nothing speaks against it
   */
  record Found(Optional<FirecrackerProgram> program, String objection) {}

  /** Looks without starting a VM: what costs least first. */
  Found look() {
    try {
      var objection = objection();
      if (objection.isPresent()) {
        return new Found(Optional.empty(), objection.get());
      }
      var drivers = settings.drivers();
      return new Found(
          Optional.of(
              FirecrackerProgram.find(
                  drivers.firecracker(),
                  drivers.installed(),
                  settings.searchPath(),
                  PrivateDir.ensure(settings.stateDir()))),
          "");
    } catch (HypervisorMissingException | HostException e) {
      return new Found(Optional.empty(), String.valueOf(e.getMessage()));
    }
  }

  private Optional<String> objection() throws HostException {
    if (settings.acceleration().equals(Optional.of(Acceleration.EMULATED))) {
      return Optional.of("Firecracker does not emulate, and emulation is asked for");
    }
    if (settings.jail() == Jail.NONE) {
      return Optional.of("Firecracker is not started without its jailer, and no jail is asked for");
    }
    if (!PrivateDir.isRoot()) {
      return Optional.of("Firecracker's jailer is for root alone, and this is another user");
    }
    return KvmProbe.withoutBoot().map(KvmProbe.Finding::why);
  }

  /** Looks, and boots a guest of this image, up to its admission, where only that can tell. */
  Found look(BootImage image, Admission admission) {
    var found = look();
    if (found.program().isEmpty()) {
      return found;
    }
    var program = found.program().get();
    var probed =
        new KvmProbe(
                program.name() + " " + program.stamp(),
                settings.stateDir().resolve("kvm-probe-firecracker"),
                settings.runtimeDir(),
                () -> open(program),
                admission)
            .find(image);
    return probed.answer() == KvmProbe.Answer.WORKS
        ? found
        : new Found(Optional.empty(), probed.why());
  }

  /** The driver. */
  Hypervisor open(FirecrackerProgram program) throws HostException {
    return new FirecrackerHypervisor(
        program,
        settings.seccompInForce(),
        new JailerLauncher(
            program.jailer(),
            program.filters(),
            settings.jailUids(),
            new FilterCache(settings.stateDir().resolve("seccomp")),
            settings.stateDir()),
        settings.stateDir());
  }
}
