package io.ironclaw.image;

import io.ironclaw.api.Printable;
import io.ironclaw.host.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/** A SHA-256 digest as 64 lower-case hexadecimal digits. */
public record Digest(String hex) {
  /**
   * @throws IllegalArgumentException if {@code hex} is anything else
   */
  public Digest {
    if (!isDigest(hex)) {
      throw new IllegalArgumentException("not a SHA-256 digest: " + Printable.line(hex));
    }
  }

  /** True for 64 digits of {@code [0-9a-f]}. */
  public static boolean isDigest(String hex) {
    if (hex.length() != 64) {
      return false;
    }
    for (int i = 0; i < 64; i++) {
      char c = hex.charAt(i);
      if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
        return false;
      }
    }
    return true;
  }

  /** The digest of {@code bytes}. */
  public static Digest of(byte[] bytes) {
    return of(sha256(), bytes);
  }

  /** The digest of a file's content. */
  public static Digest of(Path file) throws IOException {
    var sha256 = sha256();
    try (InputStream in = Files.newInputStream(file)) {
      var buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        sha256.update(buffer, 0, n);
      }
    }
    return of(sha256);
  }

  /** What a running digest comes to. */
  public static Digest of(MessageDigest sha256) {
    return of(sha256, new byte[0]);
  }

  private static Digest of(MessageDigest sha256, byte[] last) {
    return new Digest(HexFormat.of().formatHex(sha256.digest(last)));
  }

  /** A running digest, of nothing yet. */
  public static MessageDigest sha256() {
    return Sha256.running();
  }

  @Override
  public String toString() {
    return hex;
  }
}
