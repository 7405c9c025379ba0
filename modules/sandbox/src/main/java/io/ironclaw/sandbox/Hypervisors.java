package io.ironclaw.sandbox;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.AssuranceException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.BootImage;
import io.ironclaw.jail.ParentDeathLauncher;
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
    var logs = PrivateDir.ensure(settings.stateDir().resolve("logs"));
    var isolation = isolation(program, image);
    return new Chosen(
        new QemuHypervisor(program, isolation.acceleration(), new ParentDeathLauncher(), logs),
        isolation.downgrade());
  }

  private Isolation isolation(QemuProgram program, BootImage image) throws AssuranceException {
    var wanted = settings.acceleration();
    if (wanted.equals(Optional.of(Acceleration.EMULATED))) {
      return new Isolation(Acceleration.EMULATED, Optional.empty());
    }
    var finding = new KvmProbe(program, settings.stateDir(), settings.runtimeDir()).find(image);
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
