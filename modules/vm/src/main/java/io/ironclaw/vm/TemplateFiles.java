package io.ironclaw.vm;

import io.ironclaw.api.ProofItem;
import io.ironclaw.host.FileStamp;
import io.ironclaw.host.Manifest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The files of a template, and the manifest of their digests and stamps. QEMU does not notice a
 * memory file and a state file that don't belong together, so this must.
 *
 * <p>Hashing guest memory takes a good part of a second, so it is done when a file's stamp (inode,
 * size, change and modification time) differs from the one that was recorded after the hash. The
 * change time is the kernel's: nobody but root can set it back.
 */
final class TemplateFiles {
  static final String MANIFEST = "manifest";

  private static final String KEY = "key";
  private static final String HASH = ".sha256";
  private static final String STAMP = ".stamp";

  private static final String MODE = "r--r--r--";
  private static final String OWNER = "unix:uid";

  private static final int MOST_BYTES = 4_096;

  private static final List<String> FILES = List.of(Template.MEMORY_FILE, Template.STATE_FILE);

  private TemplateFiles() {}

  /** Hashes and records the files in {@code dir}; their content is on disk when it returns. */
  static void write(Path dir, String key) throws IOException {
    var hashes = new HashMap<String, String>();
    for (var name : FILES) {
      Path file = dir.resolve(name);
      try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      hashes.put(name, SparseDigest.of(file).hex());
      seal(file);
    }
    note(dir, key, hashes);
  }

  /**
   * From now on the file is ours again, and nobody writes to it. Whoever gets to it may read it:
   * that is a hypervisor that was granted it, and runs as another user. Its folder keeps everybody
   * else out.
   */
  private static void seal(Path file) throws IOException {
    Object ours = Files.getAttribute(file.getParent(), OWNER, LinkOption.NOFOLLOW_LINKS);
    if (!ours.equals(Files.getAttribute(file, OWNER, LinkOption.NOFOLLOW_LINKS))) {
      Files.setAttribute(file, OWNER, ours, LinkOption.NOFOLLOW_LINKS);
    }
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(MODE));
  }

  private static void note(Path dir, String key, Map<String, String> hashes) throws IOException {
    var values = new LinkedHashMap<>(Map.of(KEY, key));
    for (var name : FILES) {
      values.put(name + HASH, hashes.getOrDefault(name, ""));
      values.put(name + STAMP, FileStamp.of(dir.resolve(name)));
    }
    new Manifest(values).write(dir.resolve(MANIFEST));
  }

  /** What was found of a template: its files, or what is wrong with it. */
  sealed interface Verified {
    /** It can be trusted. */
    record Sound(List<Ingredient> files) implements Verified {}

    /** It can't. */
    record Broken(String why) implements Verified {}
  }

  /** Looks at the template in {@code dir}. */
  static Verified verify(Path dir, String key) {
    try {
      Path manifest = dir.resolve(MANIFEST);
      if (Files.size(manifest) > MOST_BYTES) {
        return new Verified.Broken("its manifest is too long");
      }
      var read = Manifest.read(manifest);
      if (read.isEmpty()) {
        return new Verified.Broken("its manifest is missing");
      }
      var recorded = read.get();
      if (!key.equals(recorded.get(KEY))) {
        return new Verified.Broken("its manifest is another template's");
      }
      boolean restamp = false;
      var stamps = new HashMap<String, String>();
      var hashes = new HashMap<String, String>();
      for (var name : FILES) {
        Path part = dir.resolve(name);
        String mode =
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(part, LinkOption.NOFOLLOW_LINKS));
        if (!mode.equals(MODE)) {
          return new Verified.Broken(name + " has mode " + mode + ", not " + MODE);
        }
        Object owner = Files.getAttribute(part, OWNER, LinkOption.NOFOLLOW_LINKS);
        if (!owner.equals(Files.getAttribute(dir, OWNER, LinkOption.NOFOLLOW_LINKS))) {
          return new Verified.Broken(name + " belongs to user " + owner);
        }
        String hash = recorded.get(name + HASH);
        hashes.put(name, hash);
        String stamp = FileStamp.of(part);
        stamps.put(name, stamp);
        if (!stamp.equals(recorded.get(name + STAMP))) {
          String now = SparseDigest.of(part).hex();
          if (!now.equals(hash)) {
            return new Verified.Broken(
                name
                    + " has checksum "
                    + now
                    + ", recorded is "
                    + (hash.isEmpty() ? "none" : hash));
          }
          restamp = true;
        }
      }
      if (restamp) {
        note(dir, key, hashes);
      }
      return new Verified.Sound(ingredients(dir, hashes, stamps));
    } catch (NoSuchFileException e) {
      return new Verified.Broken("a file is missing: " + e.getMessage());
    } catch (IOException e) {
      return new Verified.Broken("it can't be read: " + e);
    }
  }

  private static List<Ingredient> ingredients(
      Path dir, Map<String, String> hashes, Map<String, String> stamps) {
    return List.of(
        ingredient(ProofItem.TEMPLATE_MEMORY, dir, Template.MEMORY_FILE, hashes, stamps),
        ingredient(ProofItem.TEMPLATE_STATE, dir, Template.STATE_FILE, hashes, stamps));
  }

  private static Ingredient ingredient(
      ProofItem item,
      Path dir,
      String name,
      Map<String, String> hashes,
      Map<String, String> stamps) {
    return new Ingredient(
        item,
        dir.resolve(name),
        stamps.getOrDefault(name, ""),
        hashes.getOrDefault(name, ""),
        Ingredient.Hash.SPARSE);
  }
}
