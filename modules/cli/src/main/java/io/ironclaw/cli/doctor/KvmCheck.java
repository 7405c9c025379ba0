package io.ironclaw.cli.doctor;

import io.ironclaw.api.Acceleration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.List;
import java.util.Optional;

/** Whether the processor runs the guests, or an emulator does. */
final class KvmCheck implements Check {
  private static final String WHAT = "KVM";
  private static final String EMULATION =
      "VMs are emulated: they work, run CPU-bound code several times slower, and emulation is no"
          + " hardware boundary";

  @Override
  public List<Finding> examine(HostView host) {
    return List.of(judge(host));
  }

  private static Finding judge(HostView host) {
    if (host.settings().acceleration().equals(Optional.of(Acceleration.EMULATED))) {
      return Finding.warning(
          WHAT, "switched off by IRONCLAW_ACCEL=emulated", EMULATION, "unset IRONCLAW_ACCEL");
    }
    Path device = host.path("/dev/kvm");
    if (!Files.exists(device)) {
      return Finding.warning(
          WHAT,
          "there is no /dev/kvm",
          EMULATION,
          "sudo modprobe -a kvm_intel kvm_amd (if that fails: switch virtualization on in the"
              + " firmware, or nested virtualization in the hypervisor below)");
    }
    if (!Files.isReadable(device) || !Files.isWritable(device)) {
      return Finding.warning(WHAT, "/dev/kvm may not be opened", EMULATION, permission(device));
    }
    if (Files.exists(host.path("/sys/module/kvm_pvm"))) {
      return Finding.warning(
          WHAT,
          "/dev/kvm is there, but it is paravirtual (kvm_pvm) and runs no stock kernel",
          EMULATION);
    }
    return probed(host);
  }

  /** A group that may open it can be joined; root's own can't. */
  private static String permission(Path device) {
    try {
      String group = Files.readAttributes(device, PosixFileAttributes.class).group().getName();
      return group.equals("root")
          ? "ask root: chgrp kvm /dev/kvm && chmod 660 /dev/kvm, and join the group kvm"
          : "sudo usermod -aG " + group + " $USER, then log in";
    } catch (IOException _) {
      return "ask root for the right to open it";
    }
  }

  /** What the boot probe of an earlier VM found, if there was one since the host booted. */
  private static Finding probed(HostView host) {
    Path note = host.settings().stateDir().resolve("kvm-probe");
    try {
      var lines = Files.readAllLines(note);
      String bootId = host.text("/proc/sys/kernel/random/boot_id").orElse("?");
      if (lines.size() == 3 && lines.getFirst().startsWith(bootId + " ")) {
        return lines.get(1).equals("WORKS")
            ? Finding.ok(WHAT, lines.get(2))
            : Finding.warning(WHAT, "/dev/kvm is there, but " + lines.get(2), EMULATION);
      }
    } catch (IOException _) {
      // No VM was started yet.
    }
    return Finding.ok(
        WHAT,
        "/dev/kvm can be opened; the first VM shows whether it works (guests on KVM are written,"
            + " not yet tried on hardware)");
  }
}
