package io.ironclaw.audit;

import io.ironclaw.api.HostException;
import io.ironclaw.host.AtomicFile;
import io.ironclaw.host.NamedLock;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.host.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Set;

/**
 * The key that checkpoints are signed with (Ed25519, RFC 8032), in a folder that nobody but its
 * user can enter: {@code audit-key.pem} (PKCS #8, mode 0600) and {@code audit-key.pub.pem}. Guests
 * and hypervisors never see it: as root's, these run as other users, and none is granted a file of
 * this folder.
 */
final class SigningKey {
  private static final String ALGORITHM = "Ed25519";
  private static final String PRIVATE = "audit-key.pem";
  private static final String PUBLIC = "audit-key.pub.pem";
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration LEFT_OVER = Duration.ofMinutes(5);
  private static final int MOST_FILE = 4_096;
  private static final int FINGERPRINT = 16;

  private static final Set<PosixFilePermission> OWNER =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private final PrivateKey key;
  private final String fingerprint;

  private SigningKey(PrivateKey key, String fingerprint) {
    this.key = key;
    this.fingerprint = fingerprint;
  }

  /** Who signed, as far as checkpoints say it: the begin of the public key's SHA-256. */
  static String fingerprint(PublicKey key) {
    return Sha256.hex(key.getEncoded()).substring(0, FINGERPRINT);
  }

  /** That of a folder; made if there is none. */
  static SigningKey of(Path folder) throws HostException, InterruptedException {
    PrivateDir.ensure(folder);
    try (var _ =
        NamedLock.acquire(folder.resolve("lock"), "making the audit's key", PATIENCE, _ -> {})) {
      if (!Files.exists(folder.resolve(PRIVATE), LinkOption.NOFOLLOW_LINKS)) {
        make(folder);
      }
      clearLeftovers(folder);
      return load(folder);
    } catch (IOException e) {
      throw new HostException("the audit's key can't be had: " + PrivateDir.reason(e), e);
    }
  }

  /** What processes that were killed had not put in place. */
  private static void clearLeftovers(Path folder) throws IOException {
    var old = FileTime.from(Instant.now().minus(LEFT_OVER));
    try (var files = Files.newDirectoryStream(folder, "*.new")) {
      for (var file : files) {
        if (Files.getLastModifiedTime(file).compareTo(old) < 0) {
          Files.deleteIfExists(file);
        }
      }
    } catch (NoSuchFileException _) {
      // Another process was faster.
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  private static void make(Path folder) throws IOException {
    try {
      var pair = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
      AtomicFile.write(folder.resolve(PUBLIC), pem("PUBLIC KEY", pair.getPublic().getEncoded()));
      Path made = folder.resolve(PRIVATE + ".new");
      Files.deleteIfExists(made);
      Files.createFile(
          made, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.write(
          made, pem("PRIVATE KEY", pair.getPrivate().getEncoded()), StandardOpenOption.WRITE);
      Files.move(made, folder.resolve(PRIVATE), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java since 15 has " + ALGORITHM, e);
    }
  }

  private static SigningKey load(Path folder) throws IOException, HostException {
    Path file = folder.resolve(PRIVATE);
    requirePrivate(file);
    try {
      var spec = new PKCS8EncodedKeySpec(unpem(file, "PRIVATE KEY"));
      return new SigningKey(
          KeyFactory.getInstance(ALGORITHM).generatePrivate(spec),
          fingerprint(publicKey(folder.resolve(PUBLIC))));
    } catch (GeneralSecurityException e) {
      throw new HostException(
          file
              + " is no Ed25519 key ("
              + e.getMessage()
              + "): restore it, or delete it and begin a new log",
          e);
    }
  }

  private static void requirePrivate(Path file) throws IOException, HostException {
    var found = Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!found.isRegularFile() || !OWNER.containsAll(found.permissions())) {
      throw new HostException(
          "the audit's key %s can be used by others (%s); run: chmod 600 %s"
              .formatted(file, PosixFilePermissions.toString(found.permissions()), file));
    }
  }

  /** That of the checkpoints of a folder's key. */
  static PublicKey publicKey(Path file) throws IOException, HostException {
    try {
      return KeyFactory.getInstance(ALGORITHM)
          .generatePublic(new X509EncodedKeySpec(unpem(file, "PUBLIC KEY")));
    } catch (GeneralSecurityException e) {
      throw new HostException(
          file + " is no Ed25519 public key (" + e.getMessage() + "): name another one", e);
    }
  }

  /** The public key's file of a folder. */
  static Path publicFile(Path folder) {
    return folder.resolve(PUBLIC);
  }

  String fingerprint() {
    return fingerprint;
  }

  /** A signature, in base64. */
  String sign(byte[] bytes) {
    try {
      var signature = Signature.getInstance(ALGORITHM);
      signature.initSign(key);
      signature.update(bytes);
      return Base64.getEncoder().encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("an Ed25519 key that can't sign", e);
    }
  }

  /** Whether a signature is that key's of these bytes. */
  static boolean verifies(PublicKey key, byte[] bytes, int from, int length, String base64) {
    try {
      var signature = Signature.getInstance(ALGORITHM);
      signature.initVerify(key);
      signature.update(bytes, from, length);
      return signature.verify(Base64.getDecoder().decode(base64));
    } catch (GeneralSecurityException | IllegalArgumentException _) {
      // No signature at all, such as one of another length.
      return false;
    }
  }

  private static byte[] pem(String what, byte[] bytes) {
    return ("-----BEGIN "
            + what
            + "-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
            + "\n-----END "
            + what
            + "-----\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] unpem(Path file, String what) throws IOException, HostException {
    byte[] bytes;
    try (var in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MOST_FILE);
    } catch (NoSuchFileException e) {
      throw new HostException("there is no key " + file + "; restore it, or name its folder", e);
    }
    var lines = new String(bytes, StandardCharsets.US_ASCII).strip().lines().toList();
    if (lines.size() < 3
        || !lines.getFirst().equals("-----BEGIN " + what + "-----")
        || !lines.getLast().equals("-----END " + what + "-----")) {
      throw new HostException(
          file + " is no " + what.toLowerCase(java.util.Locale.ROOT) + " in PEM");
    }
    try {
      return Base64.getDecoder().decode(String.join("", lines.subList(1, lines.size() - 1)));
    } catch (IllegalArgumentException e) {
      throw new HostException(file + " is no base64: " + e.getMessage(), e);
    }
  }
}
