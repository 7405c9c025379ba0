package io.ironclaw.image;

import io.ironclaw.api.ImageException;
import io.ironclaw.api.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The path of an archive entry, checked: relative, without {@code ..}, bounded. The empty path is
 * the root.
 */
record ArchivePath(String value) {
  static final int MAX_LENGTH = 1024;
  static final int MAX_NAME = 255;

  private static final Set<String> MERGED_INTO_USR = Set.of("bin", "sbin", "lib", "lib32", "lib64");

  ArchivePath {
    if (!normalize(value).equals(value)) {
      throw new IllegalArgumentException("not a normalized path: " + Printable.line(value));
    }
  }

  /**
   * Reads an entry's name: a leading {@code ./}, double and trailing slashes are dropped.
   *
   * @param archive named in the error
   * @throws ImageException.CorruptArtifact if the name is absolute, has a {@code ..} or a control
   *     character in it, or is too long
   */
  static ArchivePath parse(String archive, String name) throws ImageException {
    try {
      return new ArchivePath(normalize(name));
    } catch (IllegalArgumentException e) {
      throw new ImageException.CorruptArtifact(archive, String.valueOf(e.getMessage()), e);
    }
  }

  /** Where the entry belongs in a file system whose {@code /bin}, {@code /lib}... are links. */
  ArchivePath mergedUsr() {
    int slash = value.indexOf('/');
    if (slash > 0 && MERGED_INTO_USR.contains(value.substring(0, slash))) {
      return new ArchivePath("usr/" + value);
    }
    return this;
  }

  boolean isRoot() {
    return value.isEmpty();
  }

  /** True for one of the top directories that are links into {@code /usr}. */
  boolean isMergedDirectory() {
    return MERGED_INTO_USR.contains(value);
  }

  /** True if this is {@code directory} or below it. */
  boolean isIn(String directory) {
    return value.startsWith(directory)
        && (value.length() == directory.length() || value.charAt(directory.length()) == '/');
  }

  /** The directory that this is in; the root is its own parent. */
  ArchivePath parent() {
    int slash = value.lastIndexOf('/');
    return new ArchivePath(slash < 0 ? "" : value.substring(0, slash));
  }

  private static String normalize(String name) {
    if (name.startsWith("/")) {
      throw new IllegalArgumentException("entry with an absolute path " + Printable.line(name));
    }
    if (name.length() > MAX_LENGTH) {
      throw new IllegalArgumentException("entry with a path of " + name.length() + " characters");
    }
    List<String> parts = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= name.length(); i++) {
      if (i < name.length() && name.charAt(i) != '/') {
        if (Character.isISOControl(name.charAt(i))) {
          throw new IllegalArgumentException(
              "entry with a control character in its path " + Printable.line(name));
        }
        continue;
      }
      var part = name.substring(start, i);
      start = i + 1;
      if (part.equals("..")) {
        throw new IllegalArgumentException("entry with .. in its path " + Printable.line(name));
      }
      if (part.length() > MAX_NAME) {
        throw new IllegalArgumentException("entry with a name of " + part.length() + " characters");
      }
      if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return String.join("/", parts);
  }

  @Override
  public String toString() {
    return value;
  }
}
