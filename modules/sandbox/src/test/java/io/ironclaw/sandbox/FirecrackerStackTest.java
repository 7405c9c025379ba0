package io.ironclaw.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.Jail;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.VmDiedException;
import io.ironclaw.image.Digest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.regex.Pattern;
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
  @TempDir Path temp;

  private FirecrackerStack stack() {
    return new FirecrackerStack(temp);
  }

  @Test
  void a_hundred_clones_of_one_template_run_commands_and_are_proven() throws Exception {
    var stack = stack();
    var image = stack.image();
    try (var factory = stack.factory()) {
      // The first makes the template.
      factory.open(FirecrackerStack.spec(), image, _ -> {}).close();
      var memory = stack.templateFile("memory");
      var before = Digest.of(memory);
      for (int round = 0; round < CLONES / AT_ONCE; round++) {
        var clones = new ArrayList<LocalSandbox>();
        try {
          for (int i = 0; i < AT_ONCE; i++) {
            clones.add(factory.open(FirecrackerStack.spec(), image, _ -> {}));
          }
          for (var clone : clones) {
            assertThat(clone.spawn().how()).isEqualTo(SpawnReport.How.CLONE);
            assertThat(clone.spawn().jail()).isEqualTo(Jail.JAILER);
            assertThat(FirecrackerStack.echo(clone, clone.id().value()))
                .isEqualTo(clone.id() + "\n");
            assertThat(FirecrackerStack.missing(clone.handOutProof())).isEmpty();
            assertThat(FirecrackerStack.missing(clone.proof())).isEmpty();
          }
          assertThat(clones.stream().map(FirecrackerStackTest::uid).distinct()).hasSize(AT_ONCE);
        } finally {
          clones.forEach(LocalSandbox::close);
        }
      }
      assertThat(Digest.of(memory)).isEqualTo(before);
    }
    assertThat(stack.told()).noneMatch(line -> line.contains("put aside") || line.contains("cold"));
    assertThat(stack.folders()).isZero();
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

  @Test
  void a_guest_that_boots_from_its_kernel_is_proven_as_well() throws Exception {
    try (var factory = stack().factory();
        var sandbox = factory.openCold(FirecrackerStack.spec(), stack().image(), _ -> {})) {
      assertThat(FirecrackerStack.echo(sandbox, "hello")).isEqualTo("hello\n");
      assertThat(FirecrackerStack.missing(sandbox.handOutProof()))
          .allMatch(line -> line.startsWith("template-"))
          .hasSize(2);
    }
  }

  @Test
  void commands_have_input_and_ends_as_on_any_hypervisor() throws Exception {
    try (var factory = stack().factory();
        var sandbox = factory.open(FirecrackerStack.spec(), stack().image(), _ -> {})) {
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
    try (var factory = stack().factory();
        var sandbox = factory.open(FirecrackerStack.spec(), stack().image(), _ -> {})) {
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
    var stack = stack();
    try (var factory = stack.factory()) {
      factory.open(FirecrackerStack.spec(), stack.image(), _ -> {}).close();
      Path file = stack.templateFile(part);
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length / 2] ^= 1;
      Files.setPosixFilePermissions(
          file, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
      Files.write(file, bytes);
      Files.setPosixFilePermissions(
          file, java.nio.file.attribute.PosixFilePermissions.fromString("r--r--r--"));
      try (var sandbox = factory.open(FirecrackerStack.spec(), stack.image(), _ -> {})) {
        assertThat(sandbox.spawn().how()).isEqualTo(SpawnReport.How.CLONE);
      }
    }
    assertThat(stack.told()).anyMatch(line -> line.contains(part + " has checksum"));
  }

  @Test
  void another_agent_than_ours_is_no_vm() throws Exception {
    var other = stack().imageOfAnotherAgent();
    try (var factory = stack().factory()) {
      assertThatThrownBy(() -> factory.openCold(FirecrackerStack.spec(), other, _ -> {}))
          .isInstanceOfSatisfying(
              ProofException.class, e -> assertThat(e.item()).isEqualTo(ProofItem.AGENT));
    }
  }
}
