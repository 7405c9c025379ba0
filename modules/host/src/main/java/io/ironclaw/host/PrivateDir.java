package io.ironclaw.host;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** Folders that nobody but their owner can enter. */
public final class PrivateDir {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private PrivateDir() {}

  /**
   * Makes sure that {@code dir} is a real folder (no link) of mode 0700 that is ours; parents are
   * made alike where they are missing.
   */
  public static Path ensure(Path dir) throws HostException {
    if (!Files.isDirectory(dir, LinkOption.NOFOLLOW_LINKS)) {
      try {
        Files.createDirectories(dir, ownerOnly());
      } catch (FileAlreadyExistsException e) {
        throw new HostException(dir + " is no folder; remove it or choose another place", e);
      } catch (IOException e) {
        throw new HostException("can't make folder " + dir + ": " + reason(e), e);
      }
    }
    return check(dir);
  }

  /** Makes a folder that must not exist yet; a planted file, folder or link is refused. */
  public static Path create(Path dir) throws HostException {
    try {
      return Files.createDirectory(dir, ownerOnly());
    } catch (FileAlreadyExistsException e) {
      throw new HostException(dir + " exists already: its name is in use, choose another", e);
    } catch (IOException e) {
      throw new HostException("can't make folder " + dir + ": " + reason(e), e);
    }
  }

  /** Refuses a folder that is a link, not ours, or open to others. */
  public static Path check(Path dir) throws HostException {
    var found = Found.of(dir);
    if (found.uid() != myUid()) {
      throw found.notOurs();
    }
    if (!found.permissions().containsAll(OWNER_ONLY)) {
      throw new HostException(
          dir + " can't be used by its owner (" + found.mode() + "); run: chmod 700 " + dir);
    }
    if (found.permissions().size() > OWNER_ONLY.size()) {
      throw new HostException(
          dir + " is open to others (" + found.mode() + "); run: chmod 700 " + dir);
    }
    return dir;
  }

  /**
   * Refuses a folder whose content somebody else could change: not ours and not root's, or writable
   * by others. One that is not there yet is fine.
   */
  public static void checkTrusted(Path dir) throws HostException {
    if (!Files.exists(dir)) {
      return;
    }
    var found = Found.of(dir);
    if (found.uid() != myUid() && found.uid() != 0) {
      throw found.notOurs();
    }
    if (found.permissions().contains(PosixFilePermission.GROUP_WRITE)
        || found.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new HostException(
          dir + " can be written by others (" + found.mode() + "); run: chmod go-w " + dir);
    }
  }

  /** Refuses a folder that is a link, not ours, or writable by others; others may enter it. */
  private static Path checkOwned(Path dir) throws HostException {
    var found = Found.of(dir);
    if (found.uid() != myUid()) {
      throw found.notOurs();
    }
    checkTrusted(dir);
    return dir;
  }

  /**
   * Makes sure that {@code dir}, whose parent is there, is a real folder that is ours: others may
   * walk through it, if they get to it, and only we may list it or write to it.
   */
  public static Path ensureWalkable(Path dir) throws HostException {
    try {
      if (!Files.exists(dir, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectory(dir);
      }
      Files.setPosixFilePermissions(checkOwned(dir), PosixFilePermissions.fromString("rwx--x--x"));
      return dir;
    } catch (IOException e) {
      throw new HostException("can't make folder " + dir + ": " + reason(e), e);
    }
  }

  /** Whether this process acts as root. */
  public static boolean isRoot() throws HostException {
    return myUid() == 0;
  }

  /** What a folder is; by numbers, as a user need not have a name. */
  private record Found(Path dir, int uid, String owner, Set<PosixFilePermission> permissions) {
    static Found of(Path dir) throws HostException {
      try {
        var attributes =
            Files.readAttributes(dir, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isDirectory()) {
          throw new HostException(dir + " is no folder; remove it or choose another place");
        }
        return new Found(
            dir, PrivateDir.uid(dir), attributes.owner().getName(), attributes.permissions());
      } catch (IOException e) {
        throw new HostException("can't read folder " + dir + ": " + reason(e), e);
      }
    }

    String mode() {
      return PosixFilePermissions.toString(permissions);
    }

    HostException notOurs() throws HostException {
      return new HostException(
          "%s belongs to %s (uid %d), not to this user (uid %d); choose another place with IRONCLAW_CACHE (the audit: IRONCLAW_AUDIT)"
              .formatted(dir, owner, uid, myUid()));
    }
  }

  private static int uid(Path file) throws IOException {
    return (Integer) Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
  }

  /** The user that this process acts as: the owner of what the kernel shows of it. */
  private static int myUid() throws HostException {
    try {
      return (Integer) Files.getAttribute(Path.of("/proc/self/stat"), "unix:uid");
    } catch (IOException e) {
      throw new HostException("can't read /proc/self: " + reason(e), e);
    }
  }

  /** Deletes a folder and all in it; links are deleted, never followed. Nothing there is fine. */
  public static void deleteTree(Path dir) throws IOException {
    try {
      Files.walkFileTree(
          dir,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(
                Path folder, @org.jspecify.annotations.Nullable IOException failed)
                throws IOException {
              if (failed != null) {
                throw failed;
              }
              Files.deleteIfExists(folder);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (NoSuchFileException _) {
      // Somebody else was faster: the folder is gone, as asked.
    }
  }

  /** An I/O error in the words of the operating system. */
  public static String reason(IOException e) {
    String kind = e.getClass().getSimpleName();
    if (e.getMessage() == null) {
      return kind;
    }
    return e.getClass().equals(IOException.class) ? e.getMessage() : kind + ": " + e.getMessage();
  }

  private static FileAttribute<Set<PosixFilePermission>> ownerOnly() {
    return PosixFilePermissions.asFileAttribute(OWNER_ONLY);
  }
}
