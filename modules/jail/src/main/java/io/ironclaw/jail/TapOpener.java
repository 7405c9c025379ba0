package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.host.AtomicFile;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;

/**
 * The program that opens a tap in its namespace and hands it on by its descriptor (tap_open.c):
 * Java can give a process no other descriptors than its first three.
 */
public final class TapOpener {
  private static final String NAME = "tap-open";
  private static final String MODE = "r-xr-xr-x";

  private TapOpener() {}

  /** The program as a file in a folder of ours, which is made or mended if need be. */
  public static Path in(Path folder) throws HostException {
    Path file = folder.resolve(NAME);
    try (var packaged = TapOpener.class.getResourceAsStream(NAME)) {
      if (packaged == null) {
        throw new HostException("IronClaw was built without " + NAME + ": build it again");
      }
      byte[] bytes = packaged.readAllBytes();
      if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), bytes)) {
        AtomicFile.write(file, bytes);
      }
      var mode = PosixFilePermissions.fromString(MODE);
      if (!Files.getPosixFilePermissions(file).equals(mode)) {
        Files.setPosixFilePermissions(file, mode);
      }
      return file;
    } catch (IOException e) {
      throw new HostException("can't write " + file + ": " + PrivateDir.reason(e), e);
    }
  }
}
