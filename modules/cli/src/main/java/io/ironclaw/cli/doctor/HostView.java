package io.ironclaw.cli.doctor;

import io.ironclaw.sandbox.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The host as the checks see it.
 *
 * @param root where the host's {@code /dev}, {@code /proc} and {@code /sys} are; {@code /} but in
 *     tests
 * @param settings where IronClaw keeps its things
 */
public record HostView(Path root, Settings settings) {
  private static final int MOST_OUTPUT = 64 << 10;
  private static final int MOST_FILE = 1 << 20;
  private static final long PATIENCE_SECONDS = 10;

  /** This host. */
  public static HostView of(Settings settings) {
    return new HostView(Path.of("/"), settings);
  }

  Path path(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  /** The text of a small file, stripped; empty if it is not there or may not be read. */
  Optional<String> text(String absolute) {
    try (var in = Files.newInputStream(path(absolute))) {
      return Optional.of(new String(in.readNBytes(MOST_FILE), StandardCharsets.UTF_8).strip());
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  /** A program on the search path. */
  Optional<Path> program(String name) {
    for (String folder : settings.searchPath().split(":", -1)) {
      if (!folder.isEmpty()) {
        var program = Path.of(folder, name);
        if (Files.isExecutable(program) && !Files.isDirectory(program)) {
          return Optional.of(program);
        }
      }
    }
    return Optional.empty();
  }

  /** What a program says on stdout and stderr; empty if it can't be started or takes too long. */
  Optional<String> output(String... command) throws InterruptedException {
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(Path.of("/dev/null").toFile())
              .start();
    } catch (IOException _) {
      return Optional.empty();
    }
    // The deadline is kept by a thread of its own: the read below has none.
    var deadline =
        Thread.ofVirtual()
            .start(() -> {
              try {
                if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                  process.destroyForcibly();
                }
              } catch (InterruptedException _) {
                process.destroyForcibly();
              }
            });
    try (var out = process.getInputStream()) {
      return Optional.of(new String(out.readNBytes(MOST_OUTPUT), StandardCharsets.UTF_8));
    } catch (IOException _) {
      return Optional.empty();
    } finally {
      deadline.interrupt();
      deadline.join();
    }
  }
}
