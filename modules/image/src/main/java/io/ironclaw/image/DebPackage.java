package io.ironclaw.image;

import io.ironclaw.api.ImageException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;

/**
 * The files of a Debian binary package, which {@code dpkg-deb} unpacks into one archive: none of
 * them is ever a file of the host. Gone when closed.
 */
final class DebPackage implements AutoCloseable {
  /** No package of ours unpacks to more: a kernel with its modules is the largest. */
  private static final long MAX_UNPACKED = 1L << 30;

  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final int BUFFER = 1 << 16;

  private final String name;
  private final Path tar;

  private DebPackage(String name, Path tar) {
    this.name = name;
    this.tar = tar;
  }

  /**
   * Unpacks a package.
   *
   * @param tar where its archive is kept until this is closed
   * @throws ImageException.CorruptArtifact if it is no package, or a too large one
   */
  static DebPackage open(Path deb, Path tar) throws IOException, ImageException {
    var opened = new DebPackage(String.valueOf(deb.getFileName()), tar);
    var tool = List.of("dpkg-deb", "--fsys-tarfile", deb.toAbsolutePath().toString());
    boolean done = false;
    try {
      new ImageTool("dpkg", LIMIT, tool)
          .run(Path.of("/"), OutputStream::close, stdout -> copy(stdout, tar));
      done = true;
      return opened;
    } catch (ImageException.ToolFailed e) {
      throw opened.damaged(e);
    } finally {
      if (!done) {
        opened.close();
      }
    }
  }

  private static void copy(InputStream from, Path to) throws IOException {
    try (var file =
        FileChannel.open(
            to,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      if (file.transferFrom(Channels.newChannel(from), 0, MAX_UNPACKED + 1) > MAX_UNPACKED) {
        throw new IOException("it unpacks to more than " + MAX_UNPACKED + " bytes");
      }
    }
  }

  /** Gets the files of a package, in the order of the archive. */
  @FunctionalInterface
  interface Visitor {
    /**
     * @param content the file's bytes, to be read or not; ends after {@code entry.getSize()}
     */
    void entry(ArchivePath path, TarArchiveEntry entry, InputStream content)
        throws IOException, ImageException;
  }

  /** {@code entry.isFile()} is also true for links and devices. */
  static boolean isPlainFile(TarArchiveEntry entry) {
    return entry.getLinkFlag() == TarConstants.LF_NORMAL
        || entry.getLinkFlag() == TarConstants.LF_OLDNORM;
  }

  String name() {
    return name;
  }

  /**
   * Shows every file of the package to {@code visitor}.
   *
   * @throws ImageException.CorruptArtifact if it can't be read or has a hostile path in it
   */
  void forEach(Visitor visitor) throws IOException, ImageException {
    var bytes = new BufferedInputStream(Files.newInputStream(tar), BUFFER);
    try (var files = new TarArchiveInputStream(bytes, StandardCharsets.UTF_8.name())) {
      for (var entry = next(files); entry != null; entry = next(files)) {
        visitor.entry(ArchivePath.parse("package " + name, entry.getName()), entry, files);
      }
    }
  }

  private @Nullable TarArchiveEntry next(TarArchiveInputStream files) throws ImageException {
    try {
      return files.getNextEntry();
    } catch (IOException | IllegalArgumentException e) {
      throw damaged(e);
    }
  }

  private ImageException damaged(Exception cause) {
    return new ImageException.CorruptArtifact(
        "package " + name, String.valueOf(cause.getMessage()), cause);
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(tar);
  }
}
