package io.ironclaw.vm.qemu;

import io.ironclaw.api.HostException;
import io.ironclaw.host.PackagedFile;
import java.nio.file.Path;

/** The library that lets a QEMU before 8.2 be given memory that nobody may write to. */
final class PrivateMemory {
  /** What it is granted as. */
  static final String NAME = "private-memory.so";

  private PrivateMemory() {}

  /** The library as a file in a folder of ours, which is made or mended if need be. */
  static Path in(Path folder) throws HostException {
    // QEMU in a jail is another user.
    return PackagedFile.in(folder, PrivateMemory.class, NAME, "r--r--r--");
  }
}
