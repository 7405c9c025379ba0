package io.ironclaw.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The static guest agent that becomes {@code /init}. Its bytes are read only for a build. */
public interface AgentBinary {
  /** Where the build puts the agent; the same name with {@code .sha256} holds its digest. */
  String RESOURCE = "/io/ironclaw/image/ironclaw-agent";

  /** The largest agent, in bytes. */
  int MAX_SIZE = 32 << 20;

  /** The digest of {@link #bytes()}. */
  Digest digest();

  /** The ELF executable. */
  byte[] bytes() throws IOException;

  /** An agent that is already in memory. */
  static AgentBinary of(byte[] bytes) {
    var copy = bytes.clone();
    var digest = Digest.of(copy);
    return new AgentBinary() {
      @Override
      public Digest digest() {
        return digest;
      }

      @Override
      public byte[] bytes() {
        return copy.clone();
      }
    };
  }

  /** An agent in a file. */
  static AgentBinary of(Path file) throws IOException {
    if (Files.size(file) > MAX_SIZE) {
      throw new IOException(file + " is larger than " + MAX_SIZE + " bytes");
    }
    return of(Files.readAllBytes(file));
  }

  /**
   * The agent that was packaged with this class.
   *
   * <p>The digest comes from a file that the build should write next to it, because hashing a
   * megabyte in a JVM that has just started costs tens of milliseconds; without that file it is
   * computed.
   *
   * @throws IOException if the build packaged none
   */
  static AgentBinary packaged() throws IOException {
    var recorded = resource(RESOURCE.concat(".sha256"), 256);
    if (recorded.isEmpty()) {
      return of(packagedBytes());
    }
    var text = new String(recorded.get(), StandardCharsets.US_ASCII);
    var hex = text.substring(0, Math.min(64, text.length()));
    if (!Digest.isDigest(hex)) {
      throw new IOException("resource " + RESOURCE + ".sha256 holds no digest");
    }
    return new Packaged(new Digest(hex));
  }

  /** The agent that was packaged, with the digest that the build recorded. */
  record Packaged(Digest digest) implements AgentBinary {
    @Override
    public byte[] bytes() throws IOException {
      var bytes = packagedBytes();
      if (!Digest.of(bytes).equals(digest)) {
        throw new IOException("resource " + RESOURCE + " does not match its .sha256: build again");
      }
      return bytes;
    }
  }

  private static byte[] packagedBytes() throws IOException {
    return resource(RESOURCE, MAX_SIZE)
        .orElseThrow(
            () -> new IOException("resource " + RESOURCE + " is missing: build guest-agent first"));
  }

  private static Optional<byte[]> resource(String name, int limit) throws IOException {
    try (InputStream in = AgentBinary.class.getResourceAsStream(name)) {
      if (in == null) {
        return Optional.empty();
      }
      var bytes = in.readNBytes(limit + 1);
      if (bytes.length > limit) {
        throw new IOException("resource " + name + " is larger than " + limit + " bytes");
      }
      return Optional.of(bytes);
    }
  }
}
