package io.ironclaw.host;

import java.io.IOException;
import java.io.UncheckedIOException;
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
    try {
      var attributes =
          Files.readAttributes(dir, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (!attributes.isDirectory()) {
        throw new HostException(dir + " is no folder; remove it or choose another place");
      }
      if (!attributes.permissions().equals(OWNER_ONLY)) {
        throw new HostException(
            dir
                + " is open to others ("
                + PosixFilePermissions.toString(attributes.permissions())
                + "); run: chmod 700 "
                + dir);
      }
      String me = ProcessHandle.current().info().user().orElse(attributes.owner().getName());
      if (!attributes.owner().getName().equals(me)) {
        throw new HostException(
            dir + " belongs to " + attributes.owner().getName() + ", not to " + me);
      }
      return dir;
    } catch (IOException e) {
      throw new HostException("can't read folder " + dir + ": " + reason(e), e);
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
    } catch (UncheckedIOException e) {
      throw new IOException(e);
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
