package io.ironclaw.image;

import io.airlift.compress.v3.zstd.ZstdInputStream;
import io.ironclaw.api.ImageException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/** A Debian binary package: an ar archive whose data.tar member holds the files (deb(5)). */
final class DebPackage {
  /** No package of ours unpacks to more: a kernel with its modules is the largest. */
  static final long MAX_UNPACKED = 1L << 30;

  private static final int XZ_MEMORY_KIB = 128 << 10;
  private static final int BUFFER = 1 << 16;

  private final Path file;

  DebPackage(Path file) {
    this.file = file;
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
    return String.valueOf(file.getFileName());
  }

  /**
   * Shows every file of the package to {@code visitor}.
   *
   * @throws ImageException.CorruptArtifact if the package can't be read or has a hostile path in it
   */
  void forEach(Visitor visitor) throws IOException, ImageException {
    try (var ar =
        new ArArchiveInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER))) {
      for (var member = next(ar); member != null; member = next(ar)) {
        if (member.startsWith("data.tar")) {
          visit(decompressed(member, ar), visitor);
          return;
        }
      }
    } catch (BoundedInput.Damaged e) {
      throw damaged(e);
    }
    throw new ImageException.CorruptArtifact("package " + name(), "it has no data.tar");
  }

  private @Nullable String next(ArArchiveInputStream ar) throws ImageException {
    try {
      var entry = ar.getNextEntry();
      return entry == null ? null : entry.getName();
    } catch (IOException e) {
      throw damaged(e);
    }
  }

  private void visit(InputStream tarBytes, Visitor visitor) throws IOException, ImageException {
    var bounded = new BoundedInput(tarBytes, MAX_UNPACKED);
    try (var tar = new TarArchiveInputStream(bounded, StandardCharsets.UTF_8.name())) {
      for (var entry = next(tar); entry != null; entry = next(tar)) {
        visitor.entry(ArchivePath.parse("package " + name(), entry.getName()), entry, tar);
      }
    }
  }

  private @Nullable TarArchiveEntry next(TarArchiveInputStream tar) throws ImageException {
    try {
      return tar.getNextEntry();
    } catch (IOException | IllegalArgumentException e) {
      throw damaged(e);
    }
  }

  private InputStream decompressed(String member, InputStream in)
      throws IOException, ImageException {
    return switch (member) {
      case "data.tar" -> in;
      case "data.tar.gz" -> new GZIPInputStream(in, BUFFER);
      case "data.tar.xz" -> new XZInputStream(in, XZ_MEMORY_KIB);
      case "data.tar.zst" -> new ZstdInputStream(in);
      default ->
          throw new ImageException.CorruptArtifact(
              "package " + name(), "compression of " + member + " is not known");
    };
  }

  private ImageException damaged(Exception cause) {
    return new ImageException.CorruptArtifact(
        "package " + name(), String.valueOf(cause.getMessage()), cause);
  }
}
