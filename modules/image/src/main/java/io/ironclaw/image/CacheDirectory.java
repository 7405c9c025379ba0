package io.ironclaw.image;

import io.ironclaw.api.HostException;
import io.ironclaw.host.FileStamp;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Where everything lies in the cache: {@code blobs/} holds files named by their digest, {@code
 * manifests/} says which are current, {@code apt/} the packages, {@code tmp/} work in progress.
 */
record CacheDirectory(Path root) {
  CacheDirectory {
    root = root.toAbsolutePath().normalize();
  }

  Path manifest(String name) {
    return root.resolve("manifests").resolve(name.concat(".manifest"));
  }

  Path lock() {
    return root.resolve("lock");
  }

  Path apt() {
    return root.resolve("apt");
  }

  /** Makes the root, for its owner alone, if it is not there. */
  void make() throws HostException {
    if (!Files.isDirectory(root)) {
      PrivateDir.ensure(root);
    }
  }

  /** Makes the directories, and clears what a build that was killed left over. */
  void create() throws IOException {
    Files.createDirectories(root.resolve("blobs"));
    Files.createDirectories(root.resolve("manifests"));
    Files.createDirectories(apt());
    var tmp = Files.createDirectories(root.resolve("tmp"));
    try (var leftOver = Files.list(tmp)) {
      for (Path file : leftOver.toList()) {
        PrivateDir.deleteTree(file);
      }
    }
  }

  /** A name for a new file in {@code tmp/}. */
  Path temporary(String name) {
    return root.resolve("tmp").resolve(name);
  }

  /** Adds bytes under the name of their digest. */
  Artifact addBlob(String suffix, byte[] bytes) throws IOException {
    var temporary = temporary("blob" + suffix);
    Files.write(temporary, bytes);
    return adopt(temporary, suffix);
  }

  /** Moves a finished file of {@code tmp/} to the name of its digest; it is read-only from then. */
  Artifact adopt(Path temporary, String suffix) throws IOException {
    Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("r--r--r--"));
    var digest = Digest.of(temporary);
    var blob = root.resolve("blobs").resolve(digest.hex() + suffix);
    Files.move(temporary, blob, StandardCopyOption.ATOMIC_MOVE);
    // After the move, which is a change of the file.
    return new Artifact(blob, Files.size(blob), FileStamp.of(blob), digest);
  }
}
