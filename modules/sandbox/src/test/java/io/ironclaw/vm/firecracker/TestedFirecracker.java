package io.ironclaw.vm.firecracker;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/** The Firecracker that tests can have: older than what the driver takes in earnest. */
public final class TestedFirecracker {
  private TestedFirecracker() {}

  /** The program of scripts/firecracker.sh. */
  public static FirecrackerProgram program() throws Exception {
    return FirecrackerProgram.find(
        Optional.of(folder("IRONCLAW_TEST_FIRECRACKER").resolve("firecracker")),
        Path.of("/nonexistent"),
        "",
        new Version(1, 12, 0));
  }

  /** The tiny guest. */
  public static Path guest() {
    return folder("IRONCLAW_TEST_GUEST").resolve("guest.elf");
  }

  private static Path folder(String variable) {
    return Path.of(
        Objects.requireNonNull(
            System.getenv(variable), variable + " is not set: run ./check firecracker"));
  }
}
