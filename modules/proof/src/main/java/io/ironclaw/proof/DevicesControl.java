package io.ironclaw.proof;

import io.ironclaw.api.VmException;
import io.ironclaw.vm.Admission;
import io.ironclaw.vm.Devices;
import java.util.List;

/** The machine has no network device, and nothing but its image to read from, by its own list. */
final class DevicesControl implements Control {
  @Override
  public String item() {
    return "devices";
  }

  @Override
  public Evidence prove(Admission.Candidate candidate) throws VmException {
    return judge(candidate.machine().devices());
  }

  static Evidence judge(Devices devices) {
    if (!devices.networks().isEmpty()) {
      return Evidence.against("the hypervisor lists network devices: " + devices.networks());
    }
    List<Devices.Disk> disks = devices.disks();
    return disks.size() == 1 && disks.getFirst().readOnly()
        ? Evidence.shows(() -> "no network device; one disk, read-only")
        : Evidence.against("the hypervisor lists other disks than one that is read-only: " + disks);
  }
}
