package io.ironclaw.cli.doctor;

import io.ironclaw.host.HostTool;
import io.ironclaw.sandbox.Drivers;
import io.ironclaw.sandbox.HostTrial;
import io.ironclaw.sandbox.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

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
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** This host. */
  public static HostView of(Settings settings) {
    return new HostView(Path.of("/"), settings);
  }

  Path path(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  /** Whether VMs would run on Firecracker. */
  boolean runsOnFirecracker() {
    return root.equals(Path.of("/"))
        && settings.drivers().wanted() != Drivers.Wanted.QEMU
        && new HostTrial(settings).firecracker().usable();
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
    return HostTool.find(name, settings.searchPath());
  }

  /** What a program prints; empty if it can't be started, fails or takes too long. */
  Optional<String> output(String... command) throws InterruptedException {
    try {
      var output = new HostTool(List.of(command), Path.of("/"), PATIENCE).output(MOST_OUTPUT);
      return Optional.of(new String(output, StandardCharsets.UTF_8));
    } catch (IOException _) {
      return Optional.empty();
    }
  }
}
