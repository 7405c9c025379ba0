package io.ironclaw.vm.firecracker;

import io.ironclaw.api.HypervisorMissingException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.NullMarked;

/** The Firecracker that is measured: it may be older than what the driver takes in earnest. */
@NullMarked
public final class MeasuredFirecracker {
  private MeasuredFirecracker() {}

  /** The one in a folder, with its jailer. */
  public static FirecrackerProgram in(Path folder) throws HypervisorMissingException {
    return FirecrackerProgram.find(
        Optional.of(folder.resolve("firecracker")), folder, "", new Version(1, 12, 0));
  }
}
