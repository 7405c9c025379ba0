package io.ironclaw.vm.firecracker;

import io.ironclaw.api.HostException;
import io.ironclaw.api.HypervisorMissingException;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.Digest;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * A release archive of Firecracker's that a user has downloaded. Nothing in it is looked at before
 * its digest is one that was published.
 *
 * @param archive the file
 */
public record FirecrackerRelease(Path archive) {
  /** As published beside the releases; the archives for x86_64. */
  private static final Map<String, String> KNOWN =
      Map.of(
          "d4a32ab2322d887ca1bc4a4e7afa9cc35393e6362dfc2b3becb389d362e4275a", "1.15.1",
          "382a02a869e4d6d5cb14c40577f9545e8458021ea8b0b2d3fc10ec14d9c242e6", "1.16.1");

  private static final Pattern PROGRAM =
      Pattern.compile("(?:\\./)?release-v[0-9.]+-x86_64/(firecracker|jailer)-v[0-9.]+-x86_64");

  private static final long MOST_ARCHIVE = 128L << 20;
  private static final long MOST_PROGRAM = 64L << 20;
  private static final int MOST_ENTRIES = 1_000;

  /**
   * Puts the two programs in a folder, in the place of those that are there.
   *
   * @param expected the archive's SHA-256, in hex; empty = one that is known
   * @param installed the folder
   * @return what is there now
   * @throws HostException if the archive is another, or no release that can be used; nothing was
   *     changed then
   */
  public FirecrackerProgram install(Optional<String> expected, Path installed)
      throws HostException, HypervisorMissingException {
    return install(expected, installed, FirecrackerProgram.OLDEST);
  }

  FirecrackerProgram install(Optional<String> expected, Path installed, Version oldest)
      throws HostException, HypervisorMissingException {
    requireDigest(expected);
    Path above = Optional.ofNullable(installed.getParent()).orElseThrow();
    try {
      Files.createDirectories(above);
      Path unpacked = Files.createTempDirectory(above, "firecracker-");
      try {
        Files.setPosixFilePermissions(unpacked, PosixFilePermissions.fromString("rwxr-xr-x"));
        unpack(unpacked);
        // It is what it should be before anything is replaced.
        FirecrackerProgram.find(Optional.of(unpacked.resolve("firecracker")), unpacked, "", oldest);
        replace(unpacked, installed);
      } finally {
        PrivateDir.deleteTree(unpacked);
      }
    } catch (IOException e) {
      throw new HostException(
          "Firecracker can't be installed in " + installed + ": " + PrivateDir.reason(e), e);
    }
    return FirecrackerProgram.find(
        Optional.of(installed.resolve("firecracker")), installed, "", oldest);
  }

  private static void replace(Path unpacked, Path installed) throws IOException {
    Path old = installed.resolveSibling(installed.getFileName() + ".old");
    PrivateDir.deleteTree(old);
    if (Files.exists(installed)) {
      Files.move(installed, old, StandardCopyOption.ATOMIC_MOVE);
    }
    Files.move(unpacked, installed, StandardCopyOption.ATOMIC_MOVE);
    PrivateDir.deleteTree(old);
  }

  private void requireDigest(Optional<String> expected) throws HostException {
    String found;
    try {
      if (Files.size(archive) > MOST_ARCHIVE) {
        throw new HostException(
            archive
                + " has over "
                + (MOST_ARCHIVE >> 20)
                + " MiB: it is no release of Firecracker");
      }
      found = Digest.of(archive).hex();
    } catch (IOException e) {
      throw new HostException("can't read " + archive + ": " + PrivateDir.reason(e), e);
    }
    if (expected.isPresent() && !expected.get().equalsIgnoreCase(found)) {
      throw new HostException(
          archive + " has sha256 " + found + ", not " + expected.get() + ": download it again");
    }
    if (expected.isEmpty() && !KNOWN.containsKey(found)) {
      throw new HostException(
          "%s has sha256 %s, which is none of the releases that are known (%s); give the one that is published beside the archive with --sha256"
              .formatted(
                  archive, found, String.join(", ", KNOWN.values().stream().sorted().toList())));
    }
  }

  private void unpack(Path folder) throws IOException, HostException {
    var programs = new ArrayList<String>();
    try (InputStream file = new BufferedInputStream(Files.newInputStream(archive));
        var tar = new TarArchiveInputStream(new GZIPInputStream(file))) {
      int entries = 0;
      for (TarArchiveEntry entry = tar.getNextEntry();
          entry != null && entries < MOST_ENTRIES;
          entry = tar.getNextEntry()) {
        entries++;
        var name = PROGRAM.matcher(entry.getName());
        if (name.matches() && entry.isFile() && entry.getSize() <= MOST_PROGRAM) {
          Path program = folder.resolve(name.group(1));
          Files.copy(tar, program);
          Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
          programs.add(name.group(1));
        }
      }
    }
    if (!programs.stream().sorted().toList().equals(List.of("firecracker", "jailer"))) {
      throw new HostException(
          archive
              + " has no Firecracker with its jailer for x86_64 in it; take firecracker-v...tgz");
    }
  }
}
