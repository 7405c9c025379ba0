package io.ironclaw.vm.qemu;

import io.ironclaw.guest.GuestException;
import io.ironclaw.guest.Renewal;
import io.ironclaw.host.IronClawException;
import io.ironclaw.image.BootImage;
import io.ironclaw.vm.Acceleration;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.VmConfig;
import io.ironclaw.vm.VmDir;
import io.ironclaw.vm.VmException;
import io.ironclaw.vm.VmId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;

/**
 * Finds out whether KVM can run our guest, by running it. A {@code /dev/kvm} that opens proves
 * nothing: nested paravirtual hosts have one that can't run a stock kernel. The answer is
 * remembered until the host reboots or QEMU or the kernel changes.
 */
public final class KvmProbe {
  private static final Path DEVICE = Path.of("/dev/kvm");
  private static final Path PARAVIRTUAL = Path.of("/sys/module/kvm_pvm");
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Duration DEADLINE = Duration.ofSeconds(5);

  /** What was found, and why. */
  public record Finding(Acceleration acceleration, String why) {}

  private final QemuProgram program;
  private final Path cacheDir;
  private final Path runtimeDir;

  public KvmProbe(QemuProgram program, Path cacheDir, Path runtimeDir) {
    this.program = program;
    this.cacheDir = cacheDir;
    this.runtimeDir = runtimeDir;
  }

  /** Looks without booting anything: empty when only a boot can tell. */
  public static java.util.Optional<Finding> withoutBoot() {
    if (!Files.exists(DEVICE)) {
      return emulated("there is no " + DEVICE);
    }
    if (!Files.isReadable(DEVICE) || !Files.isWritable(DEVICE)) {
      return emulated(DEVICE + " may not be opened; add yourself to the group kvm");
    }
    if (Files.exists(PARAVIRTUAL)) {
      return emulated("this host's KVM is paravirtual (kvm_pvm) and runs no stock kernel");
    }
    return java.util.Optional.empty();
  }

  private static java.util.Optional<Finding> emulated(String why) {
    return java.util.Optional.of(new Finding(Acceleration.EMULATED, why));
  }

  /** The acceleration to use; boots a VM when nothing else can tell. */
  public Finding find(BootImage image) {
    return withoutBoot().orElseGet(() -> remembered(image));
  }

  private Finding remembered(BootImage image) {
    Path note = cacheDir.resolve("kvm-probe");
    try {
      String key =
          String.join(
              " ",
              Files.readString(BOOT_ID).strip(),
              program.stamp(),
              image.kernelSha256().hex(),
              image.initramfsSha256().hex());
      if (Files.exists(note)) {
        var lines = Files.readAllLines(note);
        if (lines.size() == 3 && lines.getFirst().equals(key)) {
          return new Finding(Acceleration.valueOf(lines.get(1)), lines.get(2));
        }
      }
      var finding = boot(image);
      Files.writeString(
          note, key + "\n" + finding.acceleration().name() + "\n" + finding.why() + "\n");
      return finding;
    } catch (IOException e) {
      // Not remembered, so it will be probed again; the answer itself stands.
      return boot(image);
    }
  }

  private Finding boot(BootImage image) {
    var id = VmId.random();
    try (var hypervisor = new QemuHypervisor(program, Acceleration.KVM, cacheDir.resolve("logs"));
        var dir = VmDir.create(runtimeDir, id);
        var machine = hypervisor.boot(id, dir.path(), VmConfig.DEFAULT, image, new PhaseClock())) {
      machine.agent().renew(Renewal.fresh("probe", 0, new SecureRandom()), DEADLINE);
      return new Finding(Acceleration.KVM, "a guest booted with KVM");
    } catch (VmException | GuestException e) {
      return new Finding(
          Acceleration.EMULATED,
          "a guest did not boot with KVM: " + e.getMessage().lines().findFirst().orElse("?"));
    } catch (IronClawException | IOException e) {
      return new Finding(Acceleration.EMULATED, "KVM could not be probed: " + e.getMessage());
    }
  }
}
