package io.ironclaw.bench;

import io.ironclaw.api.EventSink;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.guest.ExecRequest;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.Artifact;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.Digest;
import io.ironclaw.image.ImageConfig;
import io.ironclaw.image.RootfsType;
import io.ironclaw.jail.JailerLauncher;
import io.ironclaw.jail.seccomp.FilterCache;
import io.ironclaw.proof.Proof;
import io.ironclaw.sandbox.Settings;
import io.ironclaw.vm.CloneSource;
import io.ironclaw.vm.Hypervisor;
import io.ironclaw.vm.LaunchPlan;
import io.ironclaw.vm.MachineId;
import io.ironclaw.vm.MachineRequest;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.Ready;
import io.ironclaw.vm.Template;
import io.ironclaw.vm.TemplateStore;
import io.ironclaw.vm.VmDir;
import io.ironclaw.vm.firecracker.FirecrackerHypervisor;
import io.ironclaw.vm.firecracker.FirecrackerProgram;
import io.ironclaw.vm.firecracker.MeasuredFirecracker;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a clone on Firecracker takes, with a guest that has no kernel to wait for: against the same
 * driven by hand, with nothing but the jailer around it.
 */
final class FirecrackerProbes implements AutoCloseable {
  private static final Digest AGENT = Digest.of(new byte[] {1});
  private static final Duration IDLE = Duration.ofSeconds(2);
  private static final int IDLE_CLONES = 8;

  private final Settings settings;
  private final Path folder;
  private final FirecrackerProgram program;
  private final Hypervisor hypervisor;
  private final BootImage image;
  private final CloneSource proven;
  private final CloneSource unproven;
  private final Template template;

  private FirecrackerProbes(Settings settings, Path folder, FirecrackerProgram program, Path guest)
      throws IronClawException, IOException {
    this.settings = settings;
    this.folder = PrivateDir.ensure(folder);
    this.program = program;
    Path empty = Files.write(folder.resolve("empty"), new byte[4_096]);
    image =
        new BootImage(
            Artifact.of(guest),
            Artifact.of(empty),
            Artifact.of(empty),
            RootfsType.SQUASHFS,
            "none",
            AGENT,
            new ImageConfig(List.of(List.of("/bin/true"))));
    hypervisor =
        new FirecrackerHypervisor(
            program,
            settings.seccomp(),
            new JailerLauncher(
                program.jailer(),
                program.filters(),
                settings.jailUids(),
                new FilterCache(folder.resolve("seccomp")),
                folder),
            folder);
    var templates = new TemplateStore(folder.resolve("templates"), hypervisor, EventSink.none());
    proven = ProofProbes.source(hypervisor, templates, new Proof(AGENT));
    unproven = ProofProbes.source(hypervisor, templates, _ -> List.of());
    var id = MachineId.random();
    try (var dir = VmDir.create(folder.resolve("run"), id)) {
      template = templates.obtain(new LaunchPlan(id, dir.path(), shape(), image));
    }
  }

  /** Empty, and said why, where there is no Firecracker to be measured. */
  static Optional<FirecrackerProbes> of(
      Settings settings, Path folder, Map<String, String> environment, Results results)
      throws IronClawException, IOException {
    var firecracker = Optional.ofNullable(environment.get("IRONCLAW_TEST_FIRECRACKER"));
    var guests = Optional.ofNullable(environment.get("IRONCLAW_TEST_GUEST"));
    if (firecracker.isEmpty() || guests.isEmpty()) {
      for (var key : List.of("fc_clone_ms", "fc_clone_floor_ms", "fc_idle_pss_mb")) {
        results.skip(key, "Firecracker can't be had, or started: it takes root and /dev/kvm");
      }
      return Optional.empty();
    }
    return Optional.of(
        new FirecrackerProbes(
            settings,
            folder,
            MeasuredFirecracker.in(Path.of(firecracker.get())),
            Path.of(guests.get()).resolve("guest.elf")));
  }

  private static MachineShape shape() {
    return MachineShape.DEFAULT.withMemoryMib(MachineShape.MIN_MEMORY_MIB);
  }

  private Ready open(CloneSource source, VmDir dir, SandboxSpec spec, PhaseClock clock)
      throws IronClawException, IOException {
    var id = MachineId.of(spec.id());
    return source
        .open(new MachineRequest(id, spec, image, dir.path(), Optional.empty()), clock)
        .orElseThrow(() -> new IOException("no clone could be had"));
  }

  private static void run(Ready ready) throws IronClawException, IOException, InterruptedException {
    var command =
        ready
            .machine()
            .agent()
            .exec(
                new ExecRequest(
                    List.of(CloneProbes.COMMAND),
                    List.of("PATH=/bin"),
                    "/",
                    0,
                    0,
                    60_000,
                    false,
                    Optional.empty(),
                    Optional.empty()));
    command.stdout().transferTo(OutputStream.nullOutputStream());
    if (command.await().code() != 0) {
      throw new IOException("the command failed");
    }
  }

  void proven(Results results) throws IronClawException, IOException, InterruptedException {
    cloned(proven, "fc_clone", results);
  }

  void unproven(Results results) throws IronClawException, IOException, InterruptedException {
    cloned(unproven, "fc_clone_unproven", results);
  }

  /** From the request for a machine to its first command's end. */
  private void cloned(CloneSource source, String key, Results results)
      throws IronClawException, IOException, InterruptedException {
    long start = System.nanoTime();
    var clock = new PhaseClock();
    var spec = SandboxSpec.fresh().withShape(shape());
    try (var dir = VmDir.create(folder.resolve("run"), MachineId.of(spec.id()))) {
      var ready = open(source, dir, spec, clock);
      try (var _ = ready.machine()) {
        run(ready);
        results.add(key + "_ms", Lab.millisSince(start));
        for (var phase : clock.phases()) {
          results.add(key + "_phase_" + phase.name() + "_ms", phase.took().toNanos() / 1e6);
        }
      }
    }
  }

  /** The same with the jailer and two sockets, and nothing looked at. */
  void floor(Results results) throws IOException, InterruptedException {
    long start = System.nanoTime();
    try (var bare =
        BareFirecracker.cloneOf(program, template, image, folder, settings.jailUids())) {
      bare.channel().write(CloneProbes.firstFrames(CloneProbes.COMMAND));
      bare.channel().awaitFrame(BareFrames.EXITED);
      results.add("fc_clone_floor_ms", Lab.millisSince(start));
      bare.phases().forEach((name, ms) -> results.add("fc_clone_floor_phase_" + name + "_ms", ms));
    }
  }

  /** What each of several clones holds and does that idle after one command. */
  void idle(Results results) throws IronClawException, IOException, InterruptedException {
    var machines = new ArrayList<Ready>();
    var dirs = new ArrayList<VmDir>();
    try {
      for (int i = 0; i < IDLE_CLONES; i++) {
        var spec = SandboxSpec.fresh().withShape(shape());
        dirs.add(VmDir.create(folder.resolve("run"), MachineId.of(spec.id())));
        machines.add(open(proven, dirs.getLast(), spec, new PhaseClock()));
        run(machines.getLast());
      }
      double before = cpu(machines);
      Thread.sleep(IDLE);
      results.add("fc_idle_cpu_percent", (cpu(machines) - before) / IDLE.toMillis() * 100);
      for (var each : machines) {
        results.add("fc_idle_pss_mb", ProcessUsage.pssMib(each.machine().pid()));
      }
    } finally {
      machines.forEach(each -> each.machine().close());
      for (var dir : dirs) {
        dir.close();
      }
    }
  }

  private static double cpu(List<Ready> machines) throws IronClawException, IOException {
    double all = 0;
    for (var each : machines) {
      all += ProcessUsage.cpuMillis(each.machine().pid());
    }
    return all;
  }

  @Override
  public void close() {
    hypervisor.close();
  }
}
