package io.ironclaw.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LeftoversTest {
  @TempDir Path dir;

  /** A program that would leave a child and a folder. */
  static final class Interrupted {
    private Interrupted() {}

    public static void main(String[] args) throws IOException, InterruptedException {
      Path folder = Path.of(args[0]);
      Leftovers.endWithUs(folder);
      Files.writeString(Files.createDirectories(folder.resolve("1")).resolve("stderr"), "x");
      var child = new ProcessBuilder("sleep", "1000").start();
      System.out.println(child.pid());
      System.exit(child.waitFor());
    }
  }

  @Test
  @Timeout(60)
  void a_benchmark_that_is_terminated_leaves_no_process_and_no_folder() throws Exception {
    Path folder = dir.resolve("scratch");
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Interrupted.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var out = process.inputReader(StandardCharsets.UTF_8)) {
      var child = ProcessHandle.of(Long.parseLong(out.readLine())).orElseThrow();
      assertThat(child.isAlive()).isTrue();
      try {
        process.destroy();
        assertThat(process.waitFor()).isEqualTo(143);
        child.onExit().get(5, TimeUnit.SECONDS);
        assertThat(folder).doesNotExist();
      } finally {
        child.destroyForcibly();
      }
    } finally {
      process.destroyForcibly();
    }
  }
}
