package io.ironclaw.sandbox;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.AssuranceException;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.image.BootImage;
import io.ironclaw.jail.BubblewrapLauncher;
import io.ironclaw.jail.Launcher;
import io.ironclaw.jail.UnconfinedLauncher;
import io.ironclaw.jail.seccomp.FilterCache;
import io.ironclaw.vm.Hypervisor;
import io.ironclaw.vm.qemu.KvmProbe;
import io.ironclaw.vm.qemu.QemuHypervisor;
import io.ironclaw.vm.qemu.QemuProgram;
import java.util.Optional;

/** Chooses the driver: the one place that knows which there are. */
record Hypervisors(Settings settings) {
  /**
   * A hypervisor that was chosen.
   *
   * @param downgrade why guests are emulated, if nobody asked for that
   */
  record Chosen(Hypervisor hypervisor, Optional<String> downgrade) {}

  /**
   * The best that this host has.
   *
   * @param image booted where only that tells whether KVM works
   */
  Chosen choose(BootImage image) throws IronClawException {
    var program = QemuProgram.find(settings.qemu(), settings.searchPath(), settings.stateDir());
    // Before anything is started: without its jail there is no VM.
    var launcher = launcher();
    var isolation = isolation(program, image);
    return new Chosen(
        new QemuHypervisor(
            program,
            isolation.acceleration(),
            settings.seccompInForce(),
            launcher,
            settings.stateDir()),
        isolation.downgrade());
  }

  /** What starts hypervisors, as the settings say. */
  Launcher launcher() throws HostException {
    return switch (settings.jail()) {
      case BUBBLEWRAP ->
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
                program,
                settings.seccompInForce(),
                settings.stateDir(),
                settings.runtimeDir(),
                this::launcher)
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
