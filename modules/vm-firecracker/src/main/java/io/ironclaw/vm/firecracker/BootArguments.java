package io.ironclaw.vm.firecracker;

import io.ironclaw.api.Limits;
import io.ironclaw.vm.LaunchPlan;

/** What the guest's kernel is told (Linux, admin-guide/kernel-parameters). */
final class BootArguments {
  /**
   * Firecracker's own arguments, which these take the place of, forbid modules. A panic and a
   * reboot end the VM; only errors reach the console; no legacy hardware is probed.
   */
  static final String FIXED =
      "console=ttyS0 8250.nr_uarts=1 quiet loglevel=4 panic=-1 reboot=k pci=off"
          + " i8042.noaux i8042.nomux i8042.nopnp i8042.dumbkbd random.trust_cpu=off"
          + " cryptomgr.notests lsm=landlock,yama psi=0";

  private BootArguments() {}

  static String of(LaunchPlan plan) {
    var line = new StringBuilder(FIXED);
    line.append(" ironclaw.root=vda ironclaw.rootfs=").append(plan.image().type().kernelName());
    line.append(" ironclaw.channel=vsock");
    // The usual size; the renewal sets the one that is wanted.
    line.append(" ironclaw.scratch=").append(Limits.DEFAULT.scratchMib(plan.shape()));
    if (plan.nic().isPresent()) {
      line.append(" ironclaw.network=1");
    }
    return line.toString();
  }
}
