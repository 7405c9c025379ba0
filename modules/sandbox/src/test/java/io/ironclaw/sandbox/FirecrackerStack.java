package io.ironclaw.sandbox;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.Assurance;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.Jail;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.Seccomp;
import io.ironclaw.api.Verdict;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.Artifact;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.Digest;
import io.ironclaw.image.ImageConfig;
import io.ironclaw.image.RootfsType;
import io.ironclaw.jail.JailUids;
import io.ironclaw.proof.Proof;
import io.ironclaw.vm.firecracker.TestedFirecracker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** All rooms from the sandbox down, over the real Firecracker with the tiny guest in it. */
final class FirecrackerStack {
  private static final Digest AGENT = Digest.of(new byte[] {1});
  private static final MachineShape SMALL =
      MachineShape.DEFAULT.withMemoryMib(MachineShape.MIN_MEMORY_MIB);

  /** What a test host has no control group for. */
  private static final Set<ProofItem> MAY_BE_ABSENT =
      EnumSet.range(ProofItem.CGROUP_MEMORY, ProofItem.CGROUP_IO);

  private final Path folder;
  private final List<String> told = new CopyOnWriteArrayList<>();

  FirecrackerStack(Path folder) {
    this.folder = folder;
  }

  private Settings settings(String searchPath) throws Exception {
    return new Settings(
        PrivateDir.ensure(folder.resolve("cache")),
        PrivateDir.ensure(folder.resolve("run")),
        Drivers.qemu(Optional.empty()),
        searchPath,
        true,
        Optional.of(Acceleration.KVM),
        Jail.BUBBLEWRAP,
        Seccomp.MINIMAL,
        JailUids.DEFAULT,
        Assurance.ANY,
        Optional.of("192.0.2.53"),
        Map.of(),
        Optional.empty());
  }

  SandboxFactory factory() throws Exception {
    return factory("/usr/bin:/bin");
  }

  SandboxFactory factory(String searchPath) throws Exception {
    var settings = settings(searchPath);
    return new SandboxFactory(
        settings,
        new Hypervisors.Chosen(
            new FirecrackerChoice(settings).open(TestedFirecracker.program()),
            Optional.empty(),
            Jail.JAILER),
        new Proof(AGENT),
        event -> told.add(event.text()));
  }

  /** Its initramfs and its disk are there, and nobody reads them. */
  BootImage image() throws Exception {
    return image(AGENT);
  }

  BootImage imageOfAnotherAgent() throws Exception {
    return image(Digest.of(new byte[] {2}));
  }

  private BootImage image(Digest agent) throws Exception {
    return new BootImage(
        Artifact.of(TestedFirecracker.guest()),
        Artifact.of(file("initramfs")),
        Artifact.of(file("rootfs")),
        RootfsType.SQUASHFS,
        "none",
        agent,
        new ImageConfig(List.of(List.of("/bin/true"))));
  }

  private Path file(String name) throws Exception {
    Path file = folder.resolve(name);
    return Files.exists(file) ? file : Files.write(file, new byte[4_096]);
  }

  static SandboxSpec spec() {
    return SandboxSpec.fresh().withShape(SMALL);
  }

  static String echo(Sandbox sandbox, String text) throws Exception {
    return RealVms.run(sandbox, ExecSpec.of("/bin/echo", text)).stdout();
  }

  /** What is not proven, and can be on any host. */
  static List<String> missing(IsolationProof proof) {
    return proof.items().stream()
        .filter(item -> item.verdict() != Verdict.PROVEN && !MAY_BE_ABSENT.contains(item.what()))
        .map(item -> item.what() + " " + item.verdict() + ": " + item.evidence())
        .toList();
  }

  /** What was said meanwhile. */
  List<String> told() {
    return told;
  }

  /** A file of the one template. */
  Path templateFile(String name) throws Exception {
    try (var templates = Files.list(folder.resolve("cache").resolve("templates"))) {
      return templates.filter(Files::isDirectory).findFirst().orElseThrow().resolve(name);
    }
  }

  /** How many folders of VMs are there. */
  long folders() throws Exception {
    try (var left = Files.list(folder.resolve("run"))) {
      return left.filter(Files::isDirectory).count();
    }
  }
}
