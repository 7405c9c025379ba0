package io.ironclaw.cli.doctor;

import io.ironclaw.api.Printable;
import io.ironclaw.sandbox.Drivers;
import io.ironclaw.sandbox.HostTrial;
import java.nio.file.Path;
import java.util.List;

/** Which hypervisor VMs run on, and why. */
final class HypervisorCheck implements Check {
  private static final String WHAT = "hypervisor";

  @Override
  public List<Finding> examine(HostView host) {
    var wanted = host.settings().drivers().wanted();
    if (wanted == Drivers.Wanted.QEMU) {
      return List.of(Finding.ok(WHAT, "QEMU, as IRONCLAW_HYPERVISOR=qemu says"));
    }
    if (!host.root().equals(Path.of("/"))) {
      return List.of(Finding.ok(WHAT, "not looked at: this is not the running host"));
    }
    var found = new HostTrial(host.settings()).firecracker();
    String why = Printable.line(found.why());
    if (found.usable()) {
      return List.of(Finding.ok(WHAT, why));
    }
    return List.of(
        wanted == Drivers.Wanted.FIRECRACKER
            ? Finding.problem(
                WHAT,
                "Firecracker can't be used: " + why,
                "IRONCLAW_HYPERVISOR=firecracker allows no other",
                "unset IRONCLAW_HYPERVISOR")
            : Finding.ok(WHAT, "QEMU, as Firecracker can't be used: " + why));
  }
}
