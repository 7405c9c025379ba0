package io.ironclaw.image;

import io.ironclaw.host.FileStamp;
import io.ironclaw.host.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A file whose content is known by its digest, and the stamp that it had when that was checked: see
 * {@link FileStamp}.
 */
public record Artifact(Path path, long size, String stamp, Digest sha256) {
  /** Hashes a file. */
  public static Artifact of(Path file) throws IOException {
    // The stamp first: a change while hashing makes it stale, and is seen next time.
    String stamp = FileStamp.followed(file);
    return new Artifact(file, Files.size(file), stamp, Digest.of(file));
  }

  /**
   * What {@link #writeTo} wrote; empty if something is missing.
   *
   * @param root the cache: its files are named by their place in it, so that it can be copied
   */
  static Optional<Artifact> from(Manifest manifest, String prefix, Path root) {
    var path = manifest.get(prefix.concat(".path"));
    var stamp = manifest.get(prefix.concat(".stamp"));
    var sha256 = manifest.get(prefix.concat(".sha256"));
    if (path.isEmpty() || stamp.isEmpty() || !Digest.isDigest(sha256)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Artifact(
              root.resolve(path),
              Long.parseLong(manifest.get(prefix.concat(".size"))),
              stamp,
              new Digest(sha256)));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // a damaged manifest is built anew
    }
  }

  void writeTo(Map<String, String> values, String prefix, Path root) {
    var named = path.startsWith(root) ? root.relativize(path) : path;
    values.put(prefix.concat(".path"), named.toString());
    values.put(prefix.concat(".size"), Long.toString(size));
    values.put(prefix.concat(".stamp"), stamp);
    values.put(prefix.concat(".sha256"), sha256.hex());
  }

  /** True if the file still is the one that was hashed: one stat, no read. */
  boolean isFresh() {
    try {
      return FileStamp.followed(path).equals(stamp);
    } catch (IOException e) {
      return false;
    }
  }
}
