package io.ironclaw.bench;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.ImageRef;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Network;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.Verdict;
import io.ironclaw.guest.ExecRequest;
import io.ironclaw.image.AgentBinary;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.ImageStore;
import io.ironclaw.jail.BubblewrapLauncher;
import io.ironclaw.jail.seccomp.FilterCache;
import io.ironclaw.proof.Proof;
import io.ironclaw.sandbox.Settings;
import io.ironclaw.vm.Admission;
import io.ironclaw.vm.CloneSource;
import io.ironclaw.vm.Hypervisor;
import io.ironclaw.vm.Machine;
import io.ironclaw.vm.MachineId;
import io.ironclaw.vm.MachineNetwork;
import io.ironclaw.vm.MachineRequest;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.Ready;
import io.ironclaw.vm.Readying;
import io.ironclaw.vm.TemplateStore;
import io.ironclaw.vm.VmDir;
import io.ironclaw.vm.qemu.QemuHypervisor;
import io.ironclaw.vm.qemu.QemuProgram;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** What the proof of a clone's isolation takes: clones that differ in nothing else. */
final class ProofProbes implements AutoCloseable {
  private final Lab lab;
  private final Settings settings;
  private final BootImage image;
  private final Hypervisor hypervisor;
  private final CloneSource proven;
  private final CloneSource unproven;

  ProofProbes(Lab lab, Settings settings, Acceleration acceleration)
      throws IronClawException, IOException {
    this.lab = lab;
    this.settings = settings;
    var agent = AgentBinary.packaged();
    image =
        new ImageStore(
                settings.cacheDir(),
                agent,
                EventSink.none(),
                (_, _, _) -> {
                  throw new IOException("the image was to be there");
                })
            .prepare(ImageRef.DEFAULT);
    var launcher =
        BubblewrapLauncher.of(
            settings.searchPath(),
            settings.jailUids(),
            new FilterCache(settings.stateDir().resolve("seccomp")));
    hypervisor =
        new QemuHypervisor(
            QemuProgram.find(settings.drivers().qemu(), settings.searchPath(), settings.stateDir()),
            acceleration,
            settings.seccomp(),
            launcher,
            settings.stateDir());
    proven = source(hypervisor, templates(), new Proof(agent.digest()));
    unproven = source(hypervisor, templates(), _ -> List.of());
  }

  private TemplateStore templates() {
    return new TemplateStore(
        settings.stateDir().resolve("templates"), hypervisor, EventSink.none());
  }

  /** Clones that such an admission lets be used. */
  static CloneSource source(Hypervisor hypervisor, TemplateStore templates, Admission admission) {
    var virtualization = new Admission.Virtualization(hypervisor.acceleration(), Optional.empty());
    return new CloneSource(
        hypervisor,
        templates,
        new Readying(admission, virtualization),
        EventSink.none(),
        () -> false);
  }

  void proven(Results results) throws IronClawException, IOException, InterruptedException {
    results.add("clone_proven_ms", cloned(proven));
  }

  void unproven(Results results) throws IronClawException, IOException, InterruptedException {
    results.add("clone_unproven_ms", cloned(unproven));
  }

  /** A clone with a network, proven, and its folder gone: it has all open that it needs. */
  Ready withNetwork(Network.Tap network, MachineNetwork joined)
      throws IronClawException, IOException {
    var spec = SandboxSpec.fresh().withNetwork(network);
    var id = MachineId.of(spec.id());
    try (var dir = VmDir.create(settings.runtimeDir(), id)) {
      return proven
          .open(
              new MachineRequest(id, spec, image, dir.path(), Optional.of(joined)),
              new PhaseClock())
          .orElseThrow(() -> new IOException("no clone could be had"));
    }
  }

  /** Runs a command to its end; what it printed. */
  String run(Machine machine, String... argv)
      throws IronClawException, IOException, InterruptedException {
    var command = machine.agent().exec(request(List.of(argv)));
    var out = new String(command.stdout().readAllBytes(), StandardCharsets.UTF_8);
    if (command.await().code() != 0) {
      throw new IOException(argv[0] + " failed");
    }
    return out;
  }

  private static ExecRequest request(List<String> argv) {
    return new ExecRequest(
        argv,
        List.of("PATH=/usr/bin:/bin"),
        "/",
        0,
        0,
        60_000,
        false,
        Optional.empty(),
        Optional.empty());
  }

  /** From the request for a machine to its first command's end. */
  private double cloned(CloneSource source)
      throws IronClawException, IOException, InterruptedException {
    long start = System.nanoTime();
    var spec = SandboxSpec.fresh();
    var id = MachineId.of(spec.id());
    try (var dir = VmDir.create(settings.runtimeDir(), id)) {
      var ready =
          source
              .open(
                  new MachineRequest(id, spec, image, dir.path(), Optional.empty()),
                  new PhaseClock())
              .orElseThrow(() -> new IOException("no clone could be had"));
      try (var machine = ready.machine()) {
        var command = machine.agent().exec(request(List.of(CloneProbes.COMMAND)));
        command.stdout().transferTo(OutputStream.nullOutputStream());
        if (command.await().code() != 0) {
          throw new IOException("the command failed");
        }
        return Lab.millisSince(start);
      }
    }
  }

  /** One clone after the other, each proven; what its proof took by its own account. */
  void many(int count, Results results) throws IronClawException, IOException {
    for (int i = 0; i < count; i++) {
      try (var sandbox = lab.newClone()) {
        var proof = sandbox.handOutProof();
        if (proof.verdict() != Verdict.PROVEN) {
          throw new IOException("a proof failed: " + proof.json());
        }
        results.add("proof_ms", proof.took().toNanos() / 1e6);
      }
    }
  }

  @Override
  public void close() {
    hypervisor.close();
  }
}
