package io.ironclaw.vm;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.GuestException;
import io.ironclaw.api.GuestUnresponsiveException;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmStartException;
import io.ironclaw.guest.Renewal;
import io.ironclaw.image.BootImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Finds out whether KVM can run our guest, by running it. A {@code /dev/kvm} that opens proves
 * nothing: nested paravirtual hosts have one that can't run a stock kernel. The answer is
 * remembered until the host reboots or the hypervisor or the kernel changes.
 */
public final class KvmProbe {
  private static final Duration DEADLINE = Duration.ofSeconds(5);
  private static final int MAX_NOTE = 4_096;

  /** What a hypervisor says when the host is short of something (strerror(3)). */
  private static final List<String> NOT_KVM =
      List.of(
          "Cannot allocate memory",
          "Resource temporarily unavailable",
          "Too many open files",
          "No space left on device");

  /** Whether KVM runs our guest. */
  public enum Answer {
    WORKS,
    DOES_NOT_WORK,
    /** The host was too busy, or short of something: a later probe may find out. */
    NOT_KNOWN
  }

  /** What was found, and why. */
  public record Finding(Answer answer, String why) {}

  /** Where a host shows its KVM, and which boot of the host this is. */
  record Host(Path device, Path paravirtual, Path bootId) {
    static final Host THIS =
        new Host(
            Path.of("/dev/kvm"),
            Path.of("/sys/module/kvm_pvm"),
            Path.of("/proc/sys/kernel/random/boot_id"));
  }

  /** Boots a guest with KVM and says what came of it. */
  interface Trial {
    Finding boot(BootImage image);
  }

  private final Host host;
  private final String program;
  private final Path note;
  private final Trial trial;

  /** Makes a hypervisor on KVM; the probe closes it. */
  @FunctionalInterface
  public interface Opening {
    Hypervisor open() throws HostException;
  }

  /**
   * @param program what tells one program of a hypervisor from the next
   * @param note the file that the answer is remembered in
   * @param admission judges the guest that has booted: one that could not be handed out is no use
   */
  public KvmProbe(
      String program, Path note, Path runtimeDir, Opening opening, Admission admission) {
    this(Host.THIS, program, note, image -> boot(runtimeDir, opening, admission, image));
  }

  KvmProbe(Host host, String program, Path note, Trial trial) {
    this.host = host;
    this.program = program;
    this.note = note;
    this.trial = trial;
  }

  /** Looks without booting anything: empty when only a boot can tell. */
  public static Optional<Finding> withoutBoot() {
    return withoutBoot(Host.THIS);
  }

  private static Optional<Finding> withoutBoot(Host host) {
    Path device = host.device();
    if (!Files.exists(device)) {
      return no("there is no " + device);
    }
    if (!Files.isReadable(device) || !Files.isWritable(device)) {
      return no(device + " may not be opened; add yourself to the group kvm");
    }
    if (Files.exists(host.paravirtual())) {
      return no("this host's KVM is paravirtual (kvm_pvm) and runs no stock kernel");
    }
    return Optional.empty();
  }

  private static Optional<Finding> no(String why) {
    return Optional.of(new Finding(Answer.DOES_NOT_WORK, why));
  }

  /** Whether KVM can be used; boots a VM when nothing else can tell. */
  public Finding find(BootImage image) {
    return withoutBoot(host).orElseGet(() -> remembered(image));
  }

  private Finding remembered(BootImage image) {
    Optional<String> key = Optional.empty();
    try {
      key = Optional.of(key(image));
      var known = read(note, key.get());
      if (known.isPresent()) {
        return known.get();
      }
    } catch (IOException _) {
      // What can't be read is probed again.
    }
    var finding = trial.boot(image);
    try {
      if (key.isPresent() && finding.answer() != Answer.NOT_KNOWN) {
        Files.writeString(
            note, String.join("\n", key.get(), finding.answer().name(), finding.why()) + "\n");
      }
    } catch (IOException _) {
      // Not remembered, so it will be probed again; the answer itself stands.
    }
    return finding;
  }

  /** Everything that the answer depends on. */
  private String key(BootImage image) throws IOException {
    return String.join(
        " ",
        Files.readString(host.bootId()).strip(),
        program,
        image.kernelFile().sha256().hex(),
        image.initramfsFile().sha256().hex());
  }

  private static Optional<Finding> read(Path note, String key) throws IOException {
    if (!Files.exists(note) || Files.size(note) > MAX_NOTE) {
      return Optional.empty();
    }
    var lines = Files.readAllLines(note);
    if (lines.size() != 3 || !lines.getFirst().equals(key)) {
      return Optional.empty();
    }
    return Arrays.stream(Answer.values())
        .filter(a -> a.name().equals(lines.get(1)))
        .map(a -> new Finding(a, lines.get(2)))
        .findFirst();
  }

  private static Finding boot(
      Path runtimeDir, Opening opening, Admission admission, BootImage image) {
    var spec = SandboxSpec.fresh();
    var id = MachineId.of(spec.id());
    try (var hypervisor = opening.open();
        var dir = VmDir.create(runtimeDir, id);
        var machine =
            Boots.boot(
                hypervisor,
                new LaunchPlan(id, dir.path(), spec.shape(), image),
                new PhaseClock())) {
      var renewal = Renewal.fresh(spec.id().value(), 0, new SecureRandom());
      var renewed = machine.agent().renew(renewal, DEADLINE);
      admission.admit(
          new Admission.Candidate(
              new MachineRequest(id, spec, image, dir.path(), Optional.empty()),
              machine,
              new Admission.Virtualization(Acceleration.KVM, Optional.empty()),
              renewed,
              List.of(hypervisor.program())));
      return new Finding(Answer.WORKS, "a guest booted with KVM");
    } catch (VmException | GuestException e) {
      return judge(e, isBusy());
    } catch (IronClawException | IOException e) {
      return new Finding(Answer.NOT_KNOWN, "KVM could not be probed: " + firstLine(e));
    }
  }

  /**
   * What a failed boot says of KVM. A hypervisor that ended, and a guest that died or fell silent,
   * speak against it; a host that is short of something or overloaded speaks for nothing.
   */
  static Finding judge(IronClawException e, boolean busy) {
    boolean ofKvm = NOT_KVM.stream().noneMatch(e.getMessage()::contains) && isOfGuest(e);
    boolean silent =
        e instanceof GuestUnresponsiveException || e instanceof VmStartException s && s.isHang();
    return ofKvm && !(silent && busy)
        ? new Finding(Answer.DOES_NOT_WORK, "a guest did not boot with KVM: " + firstLine(e))
        : new Finding(Answer.NOT_KNOWN, "KVM could not be probed: " + firstLine(e));
  }

  private static boolean isOfGuest(IronClawException e) {
    return e instanceof GuestException
        || e instanceof ProofException
        || e.getCause() instanceof GuestException
        || e.getMessage().contains(HypervisorProcess.ENDED);
  }

  /** Whether more wants to run on this host than it has CPUs for, twice over. */
  private static boolean isBusy() {
    try {
      String load = Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
      return Double.parseDouble(load) > 2.0 * Runtime.getRuntime().availableProcessors();
    } catch (IOException | NumberFormatException _) {
      // Not to be known: then silence counts.
      return false;
    }
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("?");
  }
}
