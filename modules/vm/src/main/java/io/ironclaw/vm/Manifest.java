package io.ironclaw.vm;

import io.ironclaw.host.FileStamp;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The list of a template's files with their digests and stamps. QEMU does not notice a memory file
 * and a state file that don't belong together, so this must.
 *
 * <p>Hashing guest memory takes a good part of a second, so it is done when a file's stamp (inode,
 * size, change and modification time) differs from the one that was recorded after the hash. The
 * change time is the kernel's: nobody but root can set it back.
 */
final class Manifest {
  static final String FILE = "manifest";

  private static final List<String> FILES = List.of(Template.MEMORY_FILE, Template.STATE_FILE);
  private static final int MAX_BYTES = 4_096;

  private Manifest() {}

  /** Hashes and records the files in {@code dir}; their content is on disk when it returns. */
  static void write(Path dir, String key) throws IOException {
    var hashes = new HashMap<String, String>();
    for (var name : FILES) {
      Path file = dir.resolve(name);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      hashes.put(name, SparseDigest.of(file).hex());
    }
    writeLines(dir, key, hashes);
  }

  private static void writeLines(Path dir, String key, Map<String, String> hashes)
      throws IOException {
    var text = new StringBuilder("key=").append(key).append('\n');
    for (var name : FILES) {
      text.append(name).append(".sha256=").append(hashes.get(name)).append('\n');
      text.append(name).append(".stamp=").append(FileStamp.of(dir.resolve(name))).append('\n');
    }
    Path fresh = dir.resolve(FILE + ".new");
    Files.writeString(fresh, text);
    Files.move(
        fresh,
        dir.resolve(FILE),
        java.nio.file.StandardCopyOption.ATOMIC_MOVE,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  /** What is wrong with the template in {@code dir}; empty if it can be trusted. */
  static Optional<String> verify(Path dir, String key) {
    try {
      Path file = dir.resolve(FILE);
      if (Files.size(file) > MAX_BYTES) {
        return Optional.of("its manifest is too long");
      }
      var recorded = parse(Files.readString(file));
      if (!key.equals(recorded.get("key"))) {
        return Optional.of("its manifest is another template's");
      }
      boolean restamp = false;
      var hashes = new HashMap<String, String>();
      for (var name : FILES) {
        Path part = dir.resolve(name);
        String mode =
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(part, LinkOption.NOFOLLOW_LINKS));
        if (!mode.equals("rw-------")) {
          return Optional.of(name + " has mode " + mode + ", not rw-------");
        }
        String hash = recorded.getOrDefault(name + ".sha256", "none");
        hashes.put(name, hash);
        if (!FileStamp.of(part).equals(recorded.get(name + ".stamp"))) {
          String now = SparseDigest.of(part).hex();
          if (!now.equals(hash)) {
            return Optional.of(name + " has checksum " + now + ", recorded is " + hash);
          }
          restamp = true;
        }
      }
      if (restamp) {
        writeLines(dir, key, hashes);
      }
      return Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.of("a file is missing: " + e.getMessage());
    } catch (IOException e) {
      return Optional.of("it can't be read: " + e);
    }
  }

  private static Map<String, String> parse(String text) {
    var map = new HashMap<String, String>();
    for (var line : text.split("\n", -1)) {
      int equals = line.indexOf('=');
      if (equals > 0) {
        map.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    return map;
  }
}
