package io.ironclaw.audit;

import io.ironclaw.host.AtomicFile;
import io.ironclaw.host.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * The newest checkpoint, kept beside the key: who shortens a log can't shorten this, too, without
 * the key's folder.
 */
record Head(String log, long n, String sha256) {
  private static final int NAME = 16;

  /** One for each place of a log. */
  private static Path file(AuditSettings settings) {
    byte[] place =
        settings.folder().toAbsolutePath().normalize().toString().getBytes(StandardCharsets.UTF_8);
    return settings.keyFolder().resolve("head-" + Sha256.hex(place).substring(0, NAME) + ".jsonl");
  }

  static void write(AuditSettings settings, byte[] checkpoint) throws IOException {
    AtomicFile.write(file(settings), checkpoint);
  }

  /** The line; empty if there is none. */
  static Optional<byte[]> line(AuditSettings settings) throws IOException {
    try (var in = Files.newInputStream(file(settings))) {
      byte[] bytes = in.readNBytes(Line.MOST_BYTES);
      // Empty after a crash of the host: then it says nothing.
      return bytes.length > 0 && bytes[bytes.length - 1] == '\n'
          ? Optional.of(Arrays.copyOf(bytes, bytes.length - 1))
          : Optional.empty();
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  static Optional<Head> read(AuditSettings settings) throws IOException {
    return line(settings)
        .flatMap(LineReader::read)
        .flatMap(entry ->
            Checkpoint.of(entry)
                .map(checkpoint -> new Head(checkpoint.log(), entry.n(), entry.sha256())));
  }
}
