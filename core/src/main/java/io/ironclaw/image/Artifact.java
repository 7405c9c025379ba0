package io.ironclaw.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A file whose content is known by its digest, and the size and time it had when that was checked.
 */
record Artifact(Path path, long size, long mtimeNanos, Digest sha256) {
  /** Hashes a file. */
  static Artifact of(Path file) throws IOException {
    // Attributes first: a change while hashing makes them stale, and is seen next time.
    var attributes = Files.readAttributes(file, BasicFileAttributes.class);
    return new Artifact(file, attributes.size(), mtime(attributes), Digest.of(file));
  }

  /** What {@link #writeTo} wrote; empty if something is missing. */
  static Optional<Artifact> from(Manifest manifest, String prefix) {
    var path = manifest.get(prefix.concat(".path"));
    var sha256 = manifest.get(prefix.concat(".sha256"));
    if (path.isEmpty() || !Digest.isDigest(sha256)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Artifact(
              Path.of(path),
              Long.parseLong(manifest.get(prefix.concat(".size"))),
              Long.parseLong(manifest.get(prefix.concat(".mtime"))),
              new Digest(sha256)));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // a damaged manifest is built anew
    }
  }

  void writeTo(Map<String, String> values, String prefix) {
    values.put(prefix.concat(".path"), path.toString());
    values.put(prefix.concat(".size"), Long.toString(size));
    values.put(prefix.concat(".mtime"), Long.toString(mtimeNanos));
    values.put(prefix.concat(".sha256"), sha256.hex());
  }

  /** True if the file still looks as it did: one stat, no read. */
  boolean isFresh() {
    try {
      var now = Files.readAttributes(path, BasicFileAttributes.class);
      return now.isRegularFile() && now.size() == size && mtime(now) == mtimeNanos;
    } catch (IOException e) {
      return false;
    }
  }

  private static long mtime(BasicFileAttributes attributes) {
    return attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS);
  }
}
