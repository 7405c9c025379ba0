package io.ironclaw.jail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HostException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SpawnerTest {
  private static final ProcessBuilder.Redirect NOTHING =
      ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile());

  @Test
  void a_child_dies_when_its_parent_is_killed() throws Exception {
    var parent =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ChildOfParent.class.getName())
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
    } finally {
      parent.destroyForcibly();
    }
  }

  @Test
  void a_child_outlives_the_thread_that_asked_for_it() throws Exception {
    try (var spawner = new Spawner()) {
      var started = new java.util.concurrent.CompletableFuture<Process>();
      var asker =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  started.complete(spawner.start(sleep()));
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
  void closing_the_spawner_ends_its_children() throws Exception {
    Process child;
    try (var spawner = new Spawner()) {
      child = spawner.start(sleep());
      assertThat(child.isAlive()).isTrue();
    }
    assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void a_child_gets_exactly_the_environment_it_was_given() throws Exception {
    try (var spawner = new Spawner()) {
      var child =
          spawner.start(
              new Spawner.Command(List.of("/usr/bin/env"), Map.of("ONLY", "this"), NOTHING));
      try (var out = child.getInputStream()) {
        assertThat(new String(out.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("ONLY=this\n");
      }
    }
  }

  @Test
  void a_program_that_is_not_there_ends_with_its_name_in_the_output() throws Exception {
    try (var spawner = new Spawner()) {
      var child =
          spawner.start(new Spawner.Command(List.of("/no/such/program"), Map.of(), NOTHING));
      assertThat(child.waitFor()).isNotZero();
      assertThat(new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .contains("/no/such/program");
    }
  }

  @Test
  void a_closed_spawner_starts_nothing() {
    var spawner = new Spawner();
    spawner.close();
    assertThatThrownBy(() -> spawner.start(sleep()))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("IronClaw is closed");
  }

  private static Spawner.Command sleep() {
    return new Spawner.Command(List.of("/usr/bin/sleep", "1000"), Map.of(), NOTHING);
  }

  /** Starts a child, says its id, and waits to be killed. */
  static final class ChildOfParent {
    private ChildOfParent() {}

    public static void main(String[] args) throws Exception {
      try (var spawner = new Spawner()) {
        var child = spawner.start(sleep());
        System.out.println(child.pid());
        child.waitFor();
      }
    }
  }
}
