package io.ironclaw.vm;

import io.ironclaw.api.HostException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.host.FileStamp;
import io.ironclaw.host.Manifest;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** The digest of a hypervisor's program: made once, and kept until the file is another. */
public final class ProgramDigest {
  private static final String NOTE = "-digest";
  private static final String FILE = "path";
  private static final String STAMP = "stamp";
  private static final String SHA256 = "sha256";

  private ProgramDigest() {}

  /**
   * The program as it is now.
   *
   * @param stateDir where the note is kept
   */
  public static Ingredient of(Path file, Path stateDir) throws HostException {
    Path note = stateDir.resolve(file.getFileName() + NOTE);
    try {
      // The stamp first: a change while it is hashed makes it stale.
      String stamp = FileStamp.followed(file);
      var known = Manifest.read(note).orElseGet(() -> new Manifest(Map.of()));
      String sha256 = known.get(SHA256);
      if (!known.get(FILE).equals(file.toString())
          || !known.get(STAMP).equals(stamp)
          || !Digest.isDigest(sha256)) {
        sha256 = Digest.of(file).hex();
        new Manifest(Map.of(FILE, file.toString(), STAMP, stamp, SHA256, sha256)).write(note);
      }
      return new Ingredient(
          ProofItem.HYPERVISOR_PROGRAM, file, stamp, sha256, Ingredient.Hash.PLAIN);
    } catch (IOException e) {
      throw new HostException(
          "the hypervisor's program "
              + file
              + " can't be hashed, or the digest noted in "
              + stateDir
              + ": "
              + PrivateDir.reason(e),
          e);
    }
  }
}
