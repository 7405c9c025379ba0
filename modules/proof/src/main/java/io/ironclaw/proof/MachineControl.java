package io.ironclaw.proof;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.VmException;
import io.ironclaw.jail.Reading;
import io.ironclaw.jail.Readings;
import io.ironclaw.vm.Admission;
import io.ironclaw.vm.Devices;
import io.ironclaw.vm.Machine;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What the hypervisor says of its machine is what it was started with, and has no way out. */
final class MachineControl implements Control {
  @Override
  public Set<ProofItem> items() {
    return EnumSet.of(
        ProofItem.HARDWARE, ProofItem.NO_NETWORK_DEVICE, ProofItem.DISKS, ProofItem.DEVICES);
  }

  @Override
  public void read(Admission.Candidate candidate, Readings readings) throws VmException {
    var account = candidate.machine().account();
    readings.add(hardware(account, candidate.virtualization()));
    readings.add(network(account.devices(), candidate.machine().planned()));
    readings.add(disks(account.devices()));
    readings.add(attached(account.devices(), candidate.machine().planned()));
  }

  private static Reading hardware(Machine.Account account, Admission.Virtualization meant) {
    boolean kvm = meant.acceleration() == Acceleration.KVM;
    if (account.hardware() != kvm) {
      return Reading.failed(
          ProofItem.HARDWARE,
          "the hypervisor says that KVM is "
              + (account.hardware() ? "in use" : "not in use")
              + ", and it was started for "
              + meant.acceleration());
    }
    return kvm
        ? Reading.proven(ProofItem.HARDWARE, () -> "KVM is in use")
        : Reading.absent(
            ProofItem.HARDWARE,
            "the guest is emulated: " + meant.downgrade().orElse("as was asked for"));
  }

  private static Reading network(Devices devices, Devices planned) {
    if (!planned.networks().isEmpty() && devices.networks().equals(planned.networks())) {
      return Reading.absent(
          ProofItem.NO_NETWORK_DEVICE, "one was asked for: " + devices.networks());
    }
    return devices.networks().isEmpty()
        ? Reading.proven(ProofItem.NO_NETWORK_DEVICE, () -> "it lists none")
        : Reading.failed(
            ProofItem.NO_NETWORK_DEVICE,
            "the hypervisor lists network devices: " + devices.networks());
  }

  private static Reading disks(Devices devices) {
    List<Devices.Disk> disks = devices.disks();
    return disks.size() == 1 && disks.getFirst().readOnly()
        ? Reading.proven(ProofItem.DISKS, disks::toString)
        : Reading.failed(
            ProofItem.DISKS,
            "the hypervisor lists other disks than one that is read-only: " + disks);
  }

  private static Reading attached(Devices found, Devices planned) {
    if (!found.attached().equals(planned.attached())) {
      return Reading.failed(
          ProofItem.DEVICES, found.attached() + " are attached, planned are " + planned.attached());
    }
    return found.channels().equals(planned.channels())
        ? Reading.proven(
            ProofItem.DEVICES, () -> found.attached() + ", channels " + found.channels())
        : Reading.failed(
            ProofItem.DEVICES,
            "channels to the host are " + found.channels() + ", planned " + planned.channels());
  }
}
