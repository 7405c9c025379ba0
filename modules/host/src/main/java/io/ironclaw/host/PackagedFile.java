package io.ironclaw.host;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;

/** A file that IronClaw was built with, where other programs can use it. */
public final class PackagedFile {
  private PackagedFile() {}

  /**
   * The file in a folder of ours, which is made or mended if need be.
   *
   * @param owner the class beside which it was packaged
   * @param mode as of {@code ls -l}, without the first letter
   */
  public static Path in(Path folder, Class<?> owner, String name, String mode)
      throws HostException {
    Path file = folder.resolve(name);
    try (var packaged = owner.getResourceAsStream(name)) {
      if (packaged == null) {
        throw new HostException("IronClaw was built without " + name + ": build it again");
      }
      byte[] bytes = packaged.readAllBytes();
      if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), bytes)) {
        AtomicFile.write(file, bytes);
      }
      var permissions = PosixFilePermissions.fromString(mode);
      if (!Files.getPosixFilePermissions(file).equals(permissions)) {
        Files.setPosixFilePermissions(file, permissions);
      }
      return file;
    } catch (IOException e) {
      throw new HostException("can't write " + file + ": " + PrivateDir.reason(e), e);
    }
  }
}
