package io.ironclaw.vm.qemu;

import io.ironclaw.api.HostException;
import io.ironclaw.host.AtomicFile;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;

/** The library that lets a QEMU before 8.2 be given memory that nobody may write to. */
final class PrivateMemory {
  /** What it is granted as. */
  static final String NAME = "private-memory.so";

  /** QEMU in a jail is another user. */
  private static final Set<PosixFilePermission> SEALED =
      PosixFilePermissions.fromString("r--r--r--");

  private PrivateMemory() {}

  /** The library as a file in a folder of ours, which is made or mended if need be. */
  static Path in(Path folder) throws HostException {
    Path file = folder.resolve(NAME);
    try (var packaged = PrivateMemory.class.getResourceAsStream(NAME)) {
      if (packaged == null) {
        throw new HostException("IronClaw was built without " + NAME + ": build it again");
      }
      byte[] bytes = packaged.readAllBytes();
      if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), bytes)) {
        AtomicFile.write(file, bytes);
      }
      if (!Files.getPosixFilePermissions(file).equals(SEALED)) {
        Files.setPosixFilePermissions(file, SEALED);
      }
      return file;
    } catch (IOException e) {
      throw new HostException("can't write " + file + ": " + PrivateDir.reason(e), e);
    }
  }
}
