package io.ironclaw.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HostToolTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir Path folder;

  private HostTool sh(Duration limit, String script) {
    return new HostTool(List.of("sh", "-c", script), folder, limit);
  }

  @Test
  void what_goes_in_comes_out_in_the_folder_and_the_locale_that_were_given() throws Exception {
    var bytes =
        sh(LONG, "cat; pwd -P; echo $LC_ALL")
            .output(stdin -> stdin.write("in\n".getBytes(StandardCharsets.UTF_8)), 1_000);
    assertThat(new String(bytes, StandardCharsets.UTF_8))
        .isEqualTo("in\n" + folder.toRealPath() + "\nC\n");
  }

  @Test
  void more_than_what_is_wanted_is_not_waited_for() throws Exception {
    assertThat(sh(LONG, "exec yes").output(4)).asString().isEqualTo("y\ny\n");
  }

  @Test
  void a_run_that_takes_too_long_ends_with_all_that_it_started() throws Exception {
    Path pids = folder.resolve("pids");
    var tool = sh(Duration.ofSeconds(1), "sleep 1000 & echo $! >pids; wait");
    assertThatThrownBy(() -> tool.output(10)).hasMessageEndingWith("wait does not end within 1 s");
    var child = ProcessHandle.of(Long.parseLong(Files.readString(pids).strip()));
    if (child.isPresent()) {
      child.get().onExit().get(5, TimeUnit.SECONDS);
    }
  }

  @Test
  @Timeout(20)
  void output_that_something_else_holds_open_is_not_waited_for_for_ever() throws Exception {
    var tool = sh(LONG, "setsid sleep 1000 & echo $! >pid; echo done");
    var end =
        tool.run(OutputStream::close, stdout -> stdout.transferTo(OutputStream.nullOutputStream()));
    assertThat(end.status()).isZero();
    long pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
    assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
  }

  @Test
  void a_flood_of_errors_ends_nothing_and_its_begin_is_kept() throws Exception {
    var end =
        sh(LONG, "head -c 1000000 /dev/zero | tr '\\0' e >&2; exit 3")
            .run(OutputStream::close, _ -> {});
    assertThat(end).isEqualTo(new HostTool.End(3, false, "", "e".repeat(8_192)));
  }

  @Test
  void a_failure_and_a_program_that_is_not_there_are_errors() {
    assertThatThrownBy(() -> sh(LONG, "echo no >&2; exit 7").output(10))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("status 7: no");
    assertThatThrownBy(() -> new HostTool(List.of("/no/such"), folder, LONG).output(10))
        .isInstanceOf(IOException.class);
  }

  @Test
  void a_sink_that_fails_is_an_error_and_the_program_ends() {
    assertThatThrownBy(() ->
            sh(LONG, "exec yes")
                .run(
                    OutputStream::close,
                    _ -> {
                      throw new IOException("full");
                    }))
        .hasMessage("full");
  }
}
