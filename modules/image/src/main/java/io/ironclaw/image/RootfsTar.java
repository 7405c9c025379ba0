package io.ironclaw.image;

import io.ironclaw.api.ImageException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Merges the files of many packages into one tar stream, without ever writing one of them to the
 * host's file system. Top directories like {@code /bin} become links into {@code /usr}; the first
 * package to bring a path wins; documentation is left out.
 */
final class RootfsTar implements AutoCloseable {
  private static final int MAX_ENTRIES = 200_000;
  private static final long MAX_FILE = 256L << 20;
  private static final long MAX_TOTAL = 2L << 30;
  private static final int MAX_KEPT_FILE = 1 << 20;
  private static final int PERMISSIONS = 07777;

  private static final List<String> LEFT_OUT =
      List.of(
          "usr/share/bash-completion",
          "usr/share/bug",
          "usr/share/doc",
          "usr/share/doc-base",
          "usr/share/i18n",
          "usr/share/info",
          "usr/share/lintian",
          "usr/share/locale",
          "usr/share/man",
          "usr/share/menu",
          "usr/share/pixmaps",
          "usr/share/zsh");

  private final TarArchiveOutputStream out;
  private final Map<String, Byte> kinds = new HashMap<>();
  private final Map<String, byte[]> kept = new TreeMap<>();
  private final List<String> keep;
  private long total;

  /**
   * @param keep directories whose files are also remembered, for {@link #kept}
   */
  RootfsTar(OutputStream out, List<String> keep) {
    this.out = new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name());
    this.out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    this.out.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    this.out.setAddPaxHeadersForNonAsciiNames(true);
    this.keep = List.copyOf(keep);
  }

  /** Adds a package. */
  void add(DebPackage deb) throws IOException, ImageException {
    var archive = "package " + deb.name();
    deb.forEach((path, entry, content) -> add(archive, path, entry, content));
  }

  /** Adds one entry of an archive that is named in errors. */
  void add(String archive, ArchivePath path, TarArchiveEntry entry, InputStream content)
      throws IOException, ImageException {
    if (path.isRoot() || path.isMergedDirectory() && entry.isDirectory()) {
      return;
    }
    if (entry.getLongUserId() < 0
        || entry.getLongUserId() > 65_535
        || entry.getLongGroupId() < 0
        || entry.getLongGroupId() > 65_535) {
      throw hostile(archive, path, "has an owner that is out of range");
    }
    var target = path.mergedUsr();
    if (LEFT_OUT.stream().anyMatch(target::isIn)) {
      return;
    }
    if (entry.isDirectory()) {
      directory(target, entry);
    } else if (entry.isSymbolicLink()) {
      symbolicLink(archive, target, entry);
    } else if (entry.isLink()) {
      hardLink(archive, target, entry);
    } else if (DebPackage.isPlainFile(entry)) {
      file(archive, target, entry, content);
    } else {
      throw hostile(archive, path, "is a device, pipe or other special file");
    }
  }

  private void directory(ArchivePath path, TarArchiveEntry from)
      throws IOException, ImageException {
    if (claim(path, TarConstants.LF_DIR)) {
      put(header(path.value() + "/", TarConstants.LF_DIR, from));
    }
  }

  private void symbolicLink(String archive, ArchivePath path, TarArchiveEntry from)
      throws IOException, ImageException {
    var target = from.getLinkName();
    if (target.isEmpty() || target.length() > ArchivePath.MAX_LENGTH || hasControl(target)) {
      throw hostile(archive, path, "is a link with a bad target");
    }
    // /bin/x -> /usr/bin/x would point to itself once /bin is /usr/bin.
    if (target.equals("/" + path) || isSibling(path, target)) {
      return;
    }
    if (claim(path, TarConstants.LF_SYMLINK)) {
      var entry = header(path.value(), TarConstants.LF_SYMLINK, from);
      entry.setLinkName(target);
      put(entry);
    }
  }

  private static boolean isSibling(ArchivePath path, String target) {
    return path.value().endsWith("/" + target) && target.indexOf('/') < 0;
  }

  private void hardLink(String archive, ArchivePath path, TarArchiveEntry from)
      throws IOException, ImageException {
    var target = ArchivePath.parse(archive, from.getLinkName()).mergedUsr();
    var kind = kinds.get(target.value());
    if (kind == null || kind != TarConstants.LF_NORMAL) {
      throw hostile(archive, path, "is a hard link to " + target + ", which is no earlier file");
    }
    if (claim(path, TarConstants.LF_LINK)) {
      var entry = header(path.value(), TarConstants.LF_LINK, from);
      entry.setLinkName(target.value());
      put(entry);
    }
  }

  private void file(String archive, ArchivePath path, TarArchiveEntry from, InputStream content)
      throws IOException, ImageException {
    long size = from.getSize();
    total += size;
    if (size < 0 || size > MAX_FILE || total > MAX_TOTAL) {
      throw hostile(archive, path, "makes the image too large");
    }
    if (!claim(path, TarConstants.LF_NORMAL)) {
      return;
    }
    var entry = header(path.value(), TarConstants.LF_NORMAL, from);
    entry.setSize(size);
    out.putArchiveEntry(entry);
    if (keep.stream().anyMatch(path::isIn) && size <= MAX_KEPT_FILE) {
      var bytes = content.readNBytes((int) size);
      kept.put(path.value(), bytes);
      out.write(bytes);
    } else if (content.transferTo(out) != size) {
      throw hostile(archive, path, "is cut off");
    }
    out.closeArchiveEntry();
  }

  /** The files seen so far below the directories to keep, by path. */
  Map<String, byte[]> kept() {
    return Map.copyOf(kept);
  }

  boolean has(String path) {
    return kinds.containsKey(path);
  }

  /** Adds a directory of root's unless it is there. */
  void directory(String path, int mode) throws IOException, ImageException {
    directoryOf(0, path, mode);
  }

  /** Adds a directory of a user's unless it is there. */
  void directoryOf(int uid, String path, int mode) throws IOException, ImageException {
    if (claim(new ArchivePath(path), TarConstants.LF_DIR)) {
      var entry = header(path + "/", TarConstants.LF_DIR, mode);
      entry.setUserId(uid);
      entry.setGroupId(uid);
      put(entry);
    }
  }

  /** Adds a file of root's unless it is there. */
  void file(String path, int mode, byte[] content) throws IOException, ImageException {
    if (claim(new ArchivePath(path), TarConstants.LF_NORMAL)) {
      var entry = header(path, TarConstants.LF_NORMAL, mode);
      entry.setSize(content.length);
      out.putArchiveEntry(entry);
      out.write(content);
      out.closeArchiveEntry();
    }
  }

  /** Adds a symbolic link unless something is there. */
  void link(String path, String target) throws IOException, ImageException {
    if (claim(new ArchivePath(path), TarConstants.LF_SYMLINK)) {
      var entry = header(path, TarConstants.LF_SYMLINK, 0777);
      entry.setLinkName(target);
      put(entry);
    }
  }

  /** Ends the archive. */
  @Override
  public void close() throws IOException {
    out.close();
  }

  /** False if the path is taken. Else it is taken now, and the directories above it exist. */
  private boolean claim(ArchivePath path, byte kind) throws IOException, ImageException {
    var taken = kinds.get(path.value());
    if (taken != null) {
      return false;
    }
    if (kinds.size() >= MAX_ENTRIES) {
      throw new ImageException.CorruptArtifact(
          "image", "it has more than " + MAX_ENTRIES + " files");
    }
    var parent = path.parent();
    if (!parent.isRoot()) {
      claimParent(path, parent);
    }
    kinds.put(path.value(), kind);
    return true;
  }

  private void claimParent(ArchivePath path, ArchivePath parent)
      throws IOException, ImageException {
    var kind = kinds.get(parent.value());
    if (kind == null) {
      directory(parent.value(), 0755);
    } else if (kind != TarConstants.LF_DIR) {
      throw new ImageException.CorruptArtifact(
          "image", path + " is below " + parent + ", which is no directory");
    }
  }

  private void put(TarArchiveEntry entry) throws IOException {
    out.putArchiveEntry(entry);
    out.closeArchiveEntry();
  }

  private static TarArchiveEntry header(String path, byte kind, TarArchiveEntry from) {
    var entry = header(path, kind, from.getMode() & PERMISSIONS);
    entry.setUserId(from.getLongUserId());
    entry.setGroupId(from.getLongGroupId());
    return entry;
  }

  private static TarArchiveEntry header(String path, byte kind, int mode) {
    var entry = new TarArchiveEntry(path, kind);
    entry.setMode(mode);
    entry.setUserId(0);
    entry.setGroupId(0);
    entry.setUserName("");
    entry.setGroupName("");
    entry.setModTime(0L);
    entry.setSize(0);
    return entry;
  }

  private static boolean hasControl(String text) {
    return text.chars().anyMatch(Character::isISOControl);
  }

  private static ImageException hostile(String archive, ArchivePath path, String why) {
    return new ImageException.CorruptArtifact(archive, path + " " + why);
  }
}
