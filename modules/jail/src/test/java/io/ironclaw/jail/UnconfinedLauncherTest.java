package io.ironclaw.jail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Verdict;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class UnconfinedLauncherTest {
  @TempDir private Path folder;

  @Test
  void a_child_dies_when_its_parent_is_killed() throws Exception {
    var parent =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ChildOfParent.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var out =
        new BufferedReader(
            new InputStreamReader(parent.getInputStream(), StandardCharsets.UTF_8))) {
      var child = ProcessHandle.of(Long.parseLong(out.readLine())).orElseThrow();
      assertThat(child.isAlive()).isTrue();
      parent.destroyForcibly();
      child.onExit().get(10, TimeUnit.SECONDS);
      assertThat(child.isAlive()).isFalse();
      Remains.clear(folder);
    } finally {
      parent.destroyForcibly();
    }
  }

  @Test
  void a_child_outlives_the_thread_that_asked_for_it() throws Exception {
    try (var launcher = new UnconfinedLauncher()) {
      var started = new java.util.concurrent.CompletableFuture<Process>();
      var asker =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  started.complete(launcher.launch(sleep(folder)).process());
                } catch (HostException e) {
                  started.completeExceptionally(e);
                }
              });
      asker.join(Duration.ofSeconds(10));
      var child = started.get();
      assertThat(child.waitFor(300, TimeUnit.MILLISECONDS)).isFalse();
      child.destroyForcibly();
    }
  }

  @Test
  void closing_the_launcher_ends_its_children() throws Exception {
    Process child;
    try (var launcher = new UnconfinedLauncher()) {
      child = launcher.launch(sleep(folder)).process();
      assertThat(child.isAlive()).isTrue();
    }
    assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void a_child_gets_exactly_the_environment_it_was_given() throws Exception {
    try (var launcher = new UnconfinedLauncher()) {
      var child = launcher.launch(plan(folder, Map.of("ONLY", "this"), "/usr/bin/env")).process();
      try (var out = child.getInputStream()) {
        assertThat(new String(out.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("ONLY=this\n");
      }
    }
  }

  @Test
  void a_program_that_is_not_there_ends_with_its_name_in_the_output() throws Exception {
    try (var launcher = new UnconfinedLauncher()) {
      var child = launcher.launch(plan(folder, Map.of(), "/no/such/program")).process();
      assertThat(child.waitFor()).isNotZero();
      assertThat(new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .contains("/no/such/program");
    }
  }

  @Test
  void a_closed_launcher_starts_nothing() {
    var launcher = new UnconfinedLauncher();
    launcher.close();
    assertThatThrownBy(() -> launcher.launch(sleep(folder)).process())
        .isInstanceOf(HostException.class)
        .hasMessageContaining("IronClaw is closed");
  }

  @Test
  void what_is_granted_is_in_its_folder_and_nothing_else() throws Exception {
    Path secret = Files.writeString(folder.resolveSibling("granted"), "content");
    Path made = folder.resolveSibling("made");
    try (var launcher = new UnconfinedLauncher()) {
      var plan =
          new ProcessPlan(
              Runtime.of(Path.of("/bin/sh")),
              List.of("-c", "ls; cat in; echo out >new"),
              Map.of(),
              folder,
              List.of(new Grant.ReadOnlyFile("in", secret), new Grant.WritableFile("new", made)),
              Optional.empty(),
              Shells.LIMITS,
              Shells.GROUP,
              Optional.empty());
      var child = launcher.launch(plan).process();
      assertThat(new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("cgroups\nin\nnew\ncontent");
      assertThat(child.waitFor()).isZero();
      assertThat(made).hasContent("out");
    }
  }

  @Test
  void the_limits_of_the_plan_are_what_the_kernel_keeps() throws Exception {
    try (var launcher = new UnconfinedLauncher()) {
      var plan = plan(folder, Map.of(), "/bin/sh", "-c", "echo ready; exec sleep 1000");
      var launched = launcher.launch(plan);
      assertThat(launched.process().inputReader().readLine()).isEqualTo("ready");
      assertThat(launched.readings())
          .filteredOn(r -> r.item().text().equals("process-limits"))
          .extracting(Reading::verdict)
          .containsExactly(Verdict.PROVEN);
      assertThat(ProcessLimits.inForce(ProcessHandle.current().pid())).isNotEqualTo(Shells.LIMITS);
    }
  }

  @Test
  void a_grant_has_a_plain_name_of_its_own() {
    for (var bad : List.of("", "../x", "a/b", ".hidden", "a,b", "a b", "A", "x".repeat(33))) {
      assertThatThrownBy(() -> new Grant.Sockets(bad, folder))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() ->
            new ProcessPlan(
                Runtime.of(Path.of("/bin/true")),
                List.of(),
                Map.of(),
                folder,
                List.of(new Grant.Sockets("a", folder), new Grant.ReadOnlyFile("a", Path.of("/x"))),
                Optional.empty(),
                Shells.LIMITS,
                Shells.GROUP,
                Optional.empty()))
        .hasMessageContaining("two grants have one name");
  }

  private static ProcessPlan plan(Path folder, Map<String, String> env, String... argv) {
    return new ProcessPlan(
        Runtime.of(Path.of(argv[0])),
        List.of(argv).subList(1, argv.length),
        env,
        folder,
        List.of(),
        Optional.empty(),
        Shells.LIMITS,
        Shells.GROUP,
        Optional.empty());
  }

  private static ProcessPlan sleep(Path folder) {
    return plan(folder, Map.of(), "/usr/bin/sleep", "1000");
  }

  /** Starts a child, says its id, and waits to be killed. */
  static final class ChildOfParent {
    private ChildOfParent() {}

    public static void main(String[] args) throws Exception {
      try (var launcher = new UnconfinedLauncher()) {
        var child = launcher.launch(sleep(Path.of(args[0]))).process();
        System.out.println(child.pid());
        child.waitFor();
      }
    }
  }
}
