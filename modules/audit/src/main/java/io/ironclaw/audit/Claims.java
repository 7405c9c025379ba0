package io.ironclaw.audit;

import io.ironclaw.api.HostException;
import io.ironclaw.host.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Checkpoints that were kept besides a log, in the head beside the key and in anchors: each must be
 * in it. Not safe for several threads.
 */
final class Claims {
  private final Map<String, PublicKey> keys;
  private final MessageDigest digest = Sha256.running();
  private final Map<Long, Claim> claims = new HashMap<>();

  /**
   * What an entry is known by.
   *
   * @param by where that stands
   */
  record Claim(String by, String sha256, String log) {}

  /**
   * @param keys that may have signed them, by their fingerprints
   */
  Claims(Map<String, PublicKey> keys) {
    this.keys = Map.copyOf(keys);
  }

  /** Reads the head; false if there is none. */
  boolean readHead(AuditSettings settings) throws IOException, HostException {
    var line = Head.line(settings);
    if (line.isPresent()) {
      claim(line.get(), "the head in " + settings.keyFolder());
    }
    return line.isPresent();
  }

  void readAnchor(Path file) throws IOException, HostException {
    try (var in = Files.newInputStream(file)) {
      var lines = new Lines(in);
      for (var what = lines.next(); what != Lines.What.END; what = lines.next()) {
        // A log of the system puts its own words before it.
        byte[] line = Arrays.copyOfRange(lines.bytes(), lines.from(), lines.to());
        int begin = new String(line, StandardCharsets.ISO_8859_1).indexOf("{\"n\":");
        if (begin >= 0) {
          claim(Arrays.copyOfRange(line, begin, line.length), "anchor " + file);
        }
      }
    } catch (NoSuchFileException e) {
      throw new HostException("there is no anchor " + file + "; name another file", e);
    }
  }

  private void claim(byte[] line, String by) throws HostException {
    var scanned = Line.scan(line, 0, line.length, digest);
    var checkpoint = LineReader.read(line).flatMap(Checkpoint::of);
    if (scanned.isEmpty() || checkpoint.isEmpty()) {
      throw new HostException(by + " has a line that is no checkpoint; restore it");
    }
    var key = Optional.ofNullable(keys.get(checkpoint.get().key()));
    if (key.isEmpty() || !Checkpoint.isSigned(line, 0, line.length, key.get())) {
      throw new HostException(
          by
              + " has a checkpoint that is not signed by a key that was given: name its public key"
              + " with --key, or restore it");
    }
    claims.put(scanned.get().n(), new Claim(by, scanned.get().sha256(), checkpoint.get().log()));
  }

  /** What is claimed of an entry; it is not asked for again. */
  Optional<Claim> take(long n) {
    return Optional.ofNullable(claims.remove(n));
  }

  /** Those that were not taken, by the number of their entry. */
  Map<Long, Claim> left() {
    return Map.copyOf(claims);
  }
}
