package io.ironclaw.cli.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** The folders that IronClaw writes to: the cache and the place of running VMs. */
final class FoldersCheck implements Check {
  private static final long WANTED_MIB = 2_048;

  /** unix(7): what a socket's path may take, without its final NUL. */
  private static final int MOST_SOCKET_PATH = 107;

  /** A slash, a random id, a slash and the longest socket name. */
  private static final int BELOW_RUNTIME = 1 + 15 + 1 + 10;

  @Override
  public List<Finding> examine(HostView host) {
    var findings = new ArrayList<Finding>();
    Path cache = host.settings().cacheDir();
    findings.add(writable("cache folder", cache, false, "set IRONCLAW_CACHE to a folder of yours"));
    findings.add(space(cache));
    Path runtime = host.settings().runtimeDir();
    findings.add(
        writable("runtime folder", runtime, true, "set XDG_RUNTIME_DIR to a folder of yours"));
    int length = runtime.toString().getBytes(StandardCharsets.UTF_8).length + BELOW_RUNTIME;
    if (length > MOST_SOCKET_PATH) {
      findings.add(
          Finding.problem(
              "runtime folder",
              runtime + " is too long",
              "sockets below it would have "
                  + length
                  + " bytes in their path, the system allows "
                  + MOST_SOCKET_PATH,
              "set XDG_RUNTIME_DIR or IRONCLAW_CACHE to a shorter folder"));
    }
    return findings;
  }

  static Finding writable(String what, Path folder, boolean mustBePrivate, String other) {
    Path there = existing(folder);
    if (!Files.isDirectory(there) || !Files.isWritable(there)) {
      return Finding.problem(
          what, there + " is no folder that you may write to", "nothing can be kept there", other);
    }
    if (!there.equals(folder)) {
      return Finding.ok(what, folder + " (will be made)");
    }
    try {
      var attributes =
          Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      String mode = PosixFilePermissions.toString(attributes.permissions());
      if (mode.endsWith("------") || (!mustBePrivate && mode.charAt(7) != 'w')) {
        return Finding.ok(what, folder + " (" + mode + ")");
      }
      return Finding.problem(
          what,
          folder + " (" + mode + ")",
          "others could put files or sockets there",
          "chmod 700 " + folder);
    } catch (IOException e) {
      return Finding.problem(what, folder + ": " + e.getMessage(), "it can't be read", other);
    }
  }

  private static Finding space(Path cache) {
    try {
      long mib = Files.getFileStore(existing(cache)).getUsableSpace() >> 20;
      return mib >= WANTED_MIB
          ? Finding.ok("disk space", mib + " MiB free for the cache")
          : Finding.warning(
              "disk space",
              mib + " MiB free for the cache",
              "an image and its templates take up to " + WANTED_MIB + " MiB",
              "free some, or set IRONCLAW_CACHE to a larger disk");
    } catch (IOException e) {
      return Finding.warning(
          "disk space", "not known: " + e.getMessage(), "it may or may not be enough");
    }
  }

  /** The folder, or the closest one above it that is there. */
  private static Path existing(Path folder) {
    Path there = folder;
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    return there;
  }
}
