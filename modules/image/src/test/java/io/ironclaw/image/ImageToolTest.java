package io.ironclaw.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.ImageException;
import io.ironclaw.host.HostTool;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageToolTest {
  @TempDir Path directory;

  @Test
  void a_missing_command_names_the_package_that_has_it() {
    assertThatThrownBy(() -> tool("no-such-command-here").lines(directory))
        .isInstanceOf(ImageException.MissingTool.class)
        .hasMessage(
            "command \"no-such-command-here\" not found: install it with"
                + " \"sudo apt-get install some-package\"");
    assertThatThrownBy(() -> tool("no-such-command-here").require())
        .isInstanceOf(ImageException.MissingTool.class);
  }

  @Test
  void the_lines_of_a_command_come_back() throws Exception {
    assertThat(tool("sh", "-c", "echo a; echo; printf b").lines(directory))
        .containsExactly("a", "", "b");
  }

  @Test
  void a_command_that_fails_is_reported_with_status_and_errors_on_one_line() {
    assertThatThrownBy(
            () -> tool("sh", "-c", "echo one >&2; echo two >&2; exit 3").lines(directory))
        .isInstanceOf(ImageException.ToolFailed.class)
        .hasMessage("\"sh\" failed: status 3: one; two");
  }

  @Test
  void a_command_that_takes_too_long_is_killed() {
    var tool = new ImageTool("coreutils", Duration.ofMillis(50), List.of("sleep", "1000"));

    assertThatThrownBy(() -> tool.lines(directory))
        .isInstanceOf(ImageException.ToolFailed.class)
        .hasMessageContaining("time limit");
  }

  @Test
  void a_flood_of_output_is_cut() throws Exception {
    var lines = new ArrayList<String>();
    tool("sh", "-c", "yes | head -n 200000; head -c 1000000 /dev/zero").run(directory, lines::add);

    assertThat(lines).hasSize(10_000);
  }

  @Test
  void an_error_while_writing_the_input_ends_the_command_and_comes_through() {
    HostTool.Feed<ImageException> hostile =
        stdin -> {
          throw new ImageException.CorruptArtifact("package x", "hostile");
        };
    assertThatThrownBy(() -> tool("cat").run(directory, hostile, stdout -> {}))
        .isInstanceOf(ImageException.CorruptArtifact.class);
    HostTool.Feed<ImageException> broken =
        stdin -> {
          throw new IOException("No space left on device");
        };
    assertThatThrownBy(() -> tool("cat").run(directory, broken, stdout -> {}))
        .isInstanceOf(ImageException.ToolFailed.class)
        .hasMessageContaining("No space left");
  }

  private static ImageTool tool(String... command) {
    return new ImageTool("some-package", Duration.ofMinutes(1), List.of(command));
  }
}
