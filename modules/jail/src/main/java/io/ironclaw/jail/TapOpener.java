package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.host.PackagedFile;
import java.nio.file.Path;

/**
 * The program that opens a tap in its namespace and hands it on by its descriptor (tap_open.c):
 * Java can give a process no other descriptors than its first three.
 */
public final class TapOpener {
  private TapOpener() {}

  /** The program as a file in a folder of ours, which is made or mended if need be. */
  public static Path in(Path folder) throws HostException {
    return PackagedFile.in(folder, TapOpener.class, "tap-open", "r-xr-xr-x");
  }
}
