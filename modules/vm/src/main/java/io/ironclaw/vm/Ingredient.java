package io.ironclaw.vm;

import io.ironclaw.api.ProofItem;
import io.ironclaw.host.FileStamp;
import io.ironclaw.image.Artifact;
import io.ironclaw.image.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file that a machine is made of, whose content was hashed once.
 *
 * @param item what is claimed of it
 * @param stamp what the file looked like when it was hashed: see {@link FileStamp}
 * @param sha256 of its content, in hex
 * @param hash how that is made
 */
public record Ingredient(ProofItem item, Path file, String stamp, String sha256, Hash hash) {
  /** A way to hash. */
  public enum Hash {
    /** Of all bytes, as sha256sum does it. */
    PLAIN("sha256"),
    /** Of a file that is mostly holes: of its size, and its blocks that are not all zero. */
    SPARSE("sha256 of the blocks");

    private final String text;

    Hash(String text) {
      this.text = text;
    }
  }

  /** A file that was hashed whole. */
  public static Ingredient of(ProofItem item, Artifact artifact) {
    return new Ingredient(
        item, artifact.path(), artifact.stamp(), artifact.sha256().hex(), Hash.PLAIN);
  }

  /** What is wrong with it now; empty if it is what was hashed. Reads it only if it was touched. */
  public Optional<String> fault() {
    try {
      if (FileStamp.followed(file).equals(stamp)) {
        return Optional.empty();
      }
      String now =
          switch (hash) {
            case PLAIN -> Digest.of(file).hex();
            case SPARSE -> SparseDigest.of(file).hex();
          };
      return now.equals(sha256)
          ? Optional.empty()
          : Optional.of(file + " has sha256 " + now + ", recorded is " + sha256);
    } catch (IOException e) {
      return Optional.of(file + " can't be read: " + e);
    }
  }

  @Override
  public String toString() {
    return hash.text + " " + sha256 + " of " + file + ", untouched since it was hashed: " + stamp;
  }
}
