package io.ironclaw.vm.firecracker;

import io.ironclaw.api.MachineShape;
import io.ironclaw.api.Seccomp;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.Artifact;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.Digest;
import io.ironclaw.image.ImageConfig;
import io.ironclaw.image.RootfsType;
import io.ironclaw.jail.JailUids;
import io.ironclaw.jail.JailerLauncher;
import io.ironclaw.jail.seccomp.FilterCache;
import io.ironclaw.vm.Boots;
import io.ironclaw.vm.LaunchPlan;
import io.ironclaw.vm.Machine;
import io.ironclaw.vm.MachineId;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.Template;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The real Firecracker that scripts/firecracker.sh has got, and the tiny guests. */
final class Bench implements AutoCloseable {
  /** What the driver asks for in earnest is newer. */
  static final Version OLDEST = new Version(1, 12, 0);

  static final MachineShape SHAPE = MachineShape.DEFAULT.withMemoryMib(MachineShape.MIN_MEMORY_MIB);

  private final Path folder;
  private final FirecrackerHypervisor hypervisor;

  private Bench(Path folder, FirecrackerHypervisor hypervisor) {
    this.folder = folder;
    this.hypervisor = hypervisor;
  }

  static Path folder(String variable) {
    return Path.of(
        Objects.requireNonNull(
            System.getenv(variable), variable + " is not set: run ./check firecracker"));
  }

  static FirecrackerProgram program() throws Exception {
    return FirecrackerProgram.find(
        Optional.of(folder("IRONCLAW_TEST_FIRECRACKER").resolve("firecracker")),
        Path.of("/none"),
        "",
        OLDEST);
  }

  static Path guest(String name) {
    return folder("IRONCLAW_TEST_GUEST").resolve(name + ".elf");
  }

  static Bench in(Path folder) throws Exception {
    return in(folder, program(), Seccomp.MINIMAL);
  }

  static Bench in(Path folder, FirecrackerProgram program, Seccomp seccomp) throws Exception {
    return in(folder, program, seccomp, Waits.USUAL);
  }

  static Bench in(Path folder, FirecrackerProgram program, Seccomp seccomp, Waits waits)
      throws Exception {
    Path state = PrivateDir.ensure(folder.resolve("state"));
    var launcher =
        new JailerLauncher(
            program.jailer(),
            program.filters(),
            JailUids.DEFAULT,
            new FilterCache(state.resolve("seccomp")),
            state);
    return new Bench(folder, new FirecrackerHypervisor(program, seccomp, launcher, state, waits));
  }

  FirecrackerHypervisor hypervisor() {
    return hypervisor;
  }

  /** An image of a tiny guest; its initramfs and its disk are there, and nobody reads them. */
  BootImage image(String guest) throws Exception {
    return image(guest(guest));
  }

  BootImage image(Path kernel) throws Exception {
    return new BootImage(
        Artifact.of(kernel),
        Artifact.of(file("initramfs")),
        Artifact.of(file("rootfs")),
        RootfsType.SQUASHFS,
        "none",
        Digest.of("agent".getBytes(StandardCharsets.UTF_8)),
        ImageConfig.USUAL);
  }

  private Path file(String name) throws Exception {
    Path file = folder.resolve(name);
    return Files.exists(file) ? file : Files.write(file, new byte[4_096]);
  }

  LaunchPlan plan(BootImage image) throws Exception {
    var id = MachineId.random();
    return new LaunchPlan(id, PrivateDir.create(folder.resolve(id.value())), SHAPE, image);
  }

  LaunchPlan plan(String guest) throws Exception {
    return plan(image(guest));
  }

  Machine boot() throws Exception {
    return Boots.boot(hypervisor, plan("guest"), new PhaseClock());
  }

  /** A template of the guest: made as TemplateStore does it, in a folder of its own. */
  Template template() throws Exception {
    Path dir = PrivateDir.create(folder.resolve("template-" + MachineId.random()));
    Path memory = dir.resolve(Template.MEMORY_FILE);
    var plan = plan("guest");
    var saved =
        new LaunchPlan(
            plan.id(), plan.folder(), SHAPE, plan.image(), Optional.empty(), Optional.of(memory));
    try (var machine = Boots.boot(hypervisor, saved, new PhaseClock())) {
      hypervisor.save(machine, dir.resolve(Template.STATE_FILE));
    }
    for (var name : List.of(Template.MEMORY_FILE, Template.STATE_FILE)) {
      Path file = dir.resolve(name);
      Files.setAttribute(file, "unix:uid", 0);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
    }
    return new Template(dir, "key", List.of());
  }

  @Override
  public void close() {
    hypervisor.close();
  }
}
