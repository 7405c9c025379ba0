package io.ironclaw.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.Assurance;
import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.Jail;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.Seccomp;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.Verdict;
import io.ironclaw.api.VmDiedException;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.Artifact;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.Digest;
import io.ironclaw.image.ImageConfig;
import io.ironclaw.image.RootfsType;
import io.ironclaw.jail.JailUids;
import io.ironclaw.proof.Proof;
import io.ironclaw.vm.firecracker.TestedFirecracker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From a sandbox to a command in a guest on the real Firecracker, with all that lies between. */
@Tag("firecracker")
@Timeout(120)
class FirecrackerStackTest {
  private static final int CLONES = 100;
  private static final int AT_ONCE = 10;
  private static final Digest AGENT = Digest.of(new byte[] {1});
  private static final MachineShape SMALL =
      MachineShape.DEFAULT.withMemoryMib(MachineShape.MIN_MEMORY_MIB);

  /** What a test host has no control group for, or a machine of this kind does not have. */
  private static final Set<ProofItem> MAY_BE_ABSENT =
      EnumSet.of(
          ProofItem.CGROUP_MEMORY,
          ProofItem.CGROUP_SWAP,
          ProofItem.CGROUP_PIDS,
          ProofItem.CGROUP_CPU,
          ProofItem.CGROUP_IO);

  @TempDir Path temp;
  private final List<String> told = new CopyOnWriteArrayList<>();
  private Optional<Settings> made = Optional.empty();

  @BeforeEach
  void make_room() throws Exception {
    made =
        Optional.of(
            new Settings(
                PrivateDir.ensure(temp.resolve("cache")),
                PrivateDir.ensure(temp.resolve("run")),
                Drivers.qemu(Optional.empty()),
                "/usr/bin:/bin",
                true,
                Optional.of(Acceleration.KVM),
                Jail.BUBBLEWRAP,
                Seccomp.MINIMAL,
                JailUids.DEFAULT,
                Assurance.ANY,
                Optional.empty(),
                Map.of()));
  }

  private SandboxFactory factory() throws Exception {
    var settings = made.orElseThrow();
    return new SandboxFactory(
        settings,
        new Hypervisors.Chosen(
            new FirecrackerChoice(settings).open(TestedFirecracker.program()),
            Optional.empty(),
            Jail.JAILER),
        new Proof(AGENT),
        event -> told.add(event.text()));
  }

  /** Nothing warms it up: it has no programs. */
  private BootImage image() throws Exception {
    return new BootImage(
        Artifact.of(TestedFirecracker.guest()),
        Artifact.of(file("initramfs")),
        Artifact.of(file("rootfs")),
        RootfsType.SQUASHFS,
        "none",
        AGENT,
        new ImageConfig(List.of(List.of("/bin/true"))));
  }

  private Path file(String name) throws Exception {
    Path file = temp.resolve(name);
    return Files.exists(file) ? file : Files.write(file, new byte[4_096]);
  }

  private static SandboxSpec spec() {
    return SandboxSpec.fresh().withShape(SMALL);
  }

  private static String echo(Sandbox sandbox, String text) throws Exception {
    return RealVms.run(sandbox, ExecSpec.of("/bin/echo", text)).stdout();
  }

  private static List<String> missing(IsolationProof proof) {
    return proof.items().stream()
        .filter(item -> item.verdict() != Verdict.PROVEN && !MAY_BE_ABSENT.contains(item.what()))
        .map(item -> item.what() + " " + item.verdict() + ": " + item.evidence())
        .toList();
  }

  @Test
  void a_hundred_clones_of_one_template_run_commands_and_are_proven() throws Exception {
    var image = image();
    try (var factory = factory()) {
      // The first makes the template.
      factory.open(spec(), image, _ -> {}).close();
      var memory = templateFile("memory");
      var before = Digest.of(memory);
      for (int round = 0; round < CLONES / AT_ONCE; round++) {
        var clones = new ArrayList<LocalSandbox>();
        try {
          for (int i = 0; i < AT_ONCE; i++) {
            clones.add(factory.open(spec(), image, _ -> {}));
          }
          for (var clone : clones) {
            assertThat(clone.spawn().how()).isEqualTo(SpawnReport.How.CLONE);
            assertThat(clone.spawn().jail()).isEqualTo(Jail.JAILER);
            assertThat(echo(clone, clone.id().value())).isEqualTo(clone.id() + "\n");
            assertThat(missing(clone.handOutProof())).isEmpty();
            assertThat(missing(clone.proof())).isEmpty();
          }
          assertThat(clones.stream().map(FirecrackerStackTest::uid).distinct()).hasSize(AT_ONCE);
        } finally {
          clones.forEach(LocalSandbox::close);
        }
      }
      assertThat(Digest.of(memory)).isEqualTo(before);
    }
    assertThat(told).noneMatch(line -> line.contains("put aside") || line.contains("cold"));
    try (var left = Files.list(made.orElseThrow().runtimeDir())) {
      assertThat(left.filter(Files::isDirectory)).isEmpty();
    }
  }

  private static String uid(LocalSandbox sandbox) {
    try {
      return sandbox.handOutProof().items().stream()
          .filter(item -> item.what() == ProofItem.OWN_UID)
          .map(IsolationProof.Item::evidence)
          .findFirst()
          .orElseThrow();
    } catch (io.ironclaw.api.IronClawException e) {
      throw new AssertionError(e);
    }
  }

  private Path templateFile(String name) throws Exception {
    try (var templates = Files.list(made.orElseThrow().stateDir().resolve("templates"))) {
      return templates.filter(Files::isDirectory).findFirst().orElseThrow().resolve(name);
    }
  }

  @Test
  void a_guest_that_boots_from_its_kernel_is_proven_as_well() throws Exception {
    try (var factory = factory();
        var sandbox = factory.openCold(spec(), image(), _ -> {})) {
      assertThat(echo(sandbox, "hello")).isEqualTo("hello\n");
      assertThat(missing(sandbox.handOutProof()))
          .allMatch(line -> line.startsWith("template-"))
          .hasSize(2);
    }
  }

  @Test
  void commands_have_input_and_ends_as_on_any_hypervisor() throws Exception {
    try (var factory = factory();
        var sandbox = factory.open(spec(), image(), _ -> {})) {
      assertThat(RealVms.run(sandbox, "false").outcome())
          .isInstanceOfSatisfying(
              ExecOutcome.Exited.class, end -> assertThat(end.status()).isEqualTo(1));
      assertThatThrownBy(() -> RealVms.run(sandbox, "/bin/nonesuch"))
          .hasMessageContaining("No such file");
      try (var cat = sandbox.start(ExecSpec.of("cat").withStdin())) {
        var big = "x".repeat(10_000);
        var feeding =
            Thread.startVirtualThread(() -> {
              try (var in = cat.stdin()) {
                in.write(big.getBytes(java.nio.charset.StandardCharsets.UTF_8));
              } catch (java.io.IOException e) {
                throw new UncheckedIOException(e);
              }
            });
        assertThat(RealVms.text(cat.stdout())).isEqualTo(big);
        feeding.join();
        assertThat(cat.await()).isInstanceOf(ExecOutcome.Exited.class);
      }
    }
  }

  @Test
  void a_vm_that_dies_while_a_command_runs_is_told_with_what_killed_it() throws Exception {
    try (var factory = factory();
        var sandbox = factory.open(spec(), image(), _ -> {})) {
      try (var cat = sandbox.start(ExecSpec.of("cat").withStdin())) {
        process(sandbox).destroyForcibly();
        assertThatThrownBy(cat::await)
            .isInstanceOf(VmDiedException.class)
            .hasMessageContaining("137");
      }
    }
  }

  /** The process that runs as the user id of a sandbox's hypervisor. */
  private static ProcessHandle process(LocalSandbox sandbox) throws Exception {
    var user = Pattern.compile("Uid (\\d+)").matcher(uid(sandbox));
    assertThat(user.find()).isTrue();
    int wanted = Integer.parseInt(user.group(1));
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (var process : processes) {
        try {
          if (Files.getAttribute(process, "unix:uid").equals(wanted)) {
            return ProcessHandle.of(Long.parseLong(String.valueOf(process.getFileName())))
                .orElseThrow();
          }
        } catch (IOException _) {
          // It has ended.
        }
      }
    }
    throw new AssertionError("no process of user " + wanted);
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "state"})
  void a_template_of_which_a_byte_is_changed_is_built_again(String part) throws Exception {
    try (var factory = factory()) {
      factory.open(spec(), image(), _ -> {}).close();
      Path file = templateFile(part);
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length / 2] ^= 1;
      Files.setPosixFilePermissions(
          file, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
      Files.write(file, bytes);
      Files.setPosixFilePermissions(
          file, java.nio.file.attribute.PosixFilePermissions.fromString("r--r--r--"));
      try (var sandbox = factory.open(spec(), image(), _ -> {})) {
        assertThat(sandbox.spawn().how()).isEqualTo(SpawnReport.How.CLONE);
      }
    }
    assertThat(told).anyMatch(line -> line.contains(part + " has checksum"));
  }

  @Test
  void another_agent_than_ours_is_no_vm() throws Exception {
    var image = image();
    var other =
        new BootImage(
            image.kernelFile(),
            image.initramfsFile(),
            image.rootfsFile(),
            image.type(),
            image.kernelVersion(),
            Digest.of(new byte[] {2}),
            image.config());
    try (var factory = factory()) {
      assertThatThrownBy(() -> factory.openCold(spec(), other, _ -> {}))
          .isInstanceOfSatisfying(
              ProofException.class, e -> assertThat(e.item()).isEqualTo(ProofItem.AGENT));
    }
  }
}
