package io.ironclaw.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * Compiles Python's library to bytecode, as the packages' maintainer scripts would have done. A
 * guest without hardware virtualization needs seconds to compile what one program imports.
 *
 * <p>It is done by the Python of the packages themselves, so that the versions fit, unpacked into a
 * directory that is removed afterwards. Of the packages only plain files of Python and of the C
 * libraries that it needs are unpacked, each under a checked path.
 */
final class PythonBytecode {
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final long MAX_FILE = 64L << 20;
  private static final String LIBRARIES = "usr/lib/x86_64-linux-gnu";
  private static final String LOADER = LIBRARIES + "/ld-linux-x86-64.so.2";

  /** The packages that hold the interpreter, its library, and what the interpreter is linked to. */
  private static final List<String> PACKAGES =
      List.of("libc6_", "libexpat1_", "libpython3", "python3", "zlib1g_");

  /**
   * Times are not in the image, so the bytecode must say that its source has the time 0 as well.
   */
  private static final String SCRIPT =
      """
      import compileall, py_compile, sys
      compileall.compile_dir(sys.argv[1], quiet=2, stripdir=sys.argv[2], prependdir="/",
          invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
      """;

  private final Path directory;

  private PythonBytecode(Path directory) {
    this.directory = directory;
  }

  /**
   * The bytecode files of the Python in {@code debs}, by their path in the image.
   *
   * @param directory made, and removed in the end
   */
  static SortedMap<String, byte[]> compile(List<Path> debs, Path directory)
      throws IOException, ImageException {
    try {
      return new PythonBytecode(directory).run(debs);
    } finally {
      CacheDirectory.remove(directory);
    }
  }

  private SortedMap<String, byte[]> run(List<Path> debs) throws IOException, ImageException {
    for (var deb : debs) {
      var name = String.valueOf(deb.getFileName());
      if (PACKAGES.stream().anyMatch(name::startsWith)) {
        var unpacked = new DebPackage(deb);
        unpacked.forEach((path, entry, content) -> unpack(path.mergedUsr(), entry, content));
      }
    }
    var python = interpreter();
    var command =
        List.of(
            directory.resolve(LOADER).toString(),
            "--library-path",
            directory.resolve(LIBRARIES).toString(),
            python.toString(),
            "-I",
            "-S",
            "-B",
            "-c",
            SCRIPT,
            directory.resolve("usr/lib").toString(),
            directory.toString());
    new HostTool(command, "python3", LIMIT).run(directory, stdin -> stdin.close(), line -> {});
    return collect();
  }

  private void unpack(ArchivePath path, TarArchiveEntry entry, InputStream content)
      throws IOException, ImageException {
    var file = directory.resolve(path.value());
    var name = String.valueOf(file.getFileName());
    boolean library = path.parent().value().equals(LIBRARIES) && name.contains(".so");
    boolean python = path.isIn("usr/bin") && name.startsWith("python3");
    boolean module = path.value().startsWith("usr/lib/python3") && name.endsWith(".py");
    if (!library && !python && !module) {
      return;
    }
    Files.createDirectories(file.getParent());
    if (entry.isSymbolicLink() && library) {
      var target = entry.getLinkName();
      if (target.indexOf('/') < 0 && !target.equals("..")) {
        Files.createSymbolicLink(file, Path.of(target));
      }
    } else if (DebPackage.isPlainFile(entry)) {
      if (entry.getSize() > MAX_FILE) {
        throw new ImageException.CorruptArtifact("package file " + path, "it is too large");
      }
      Files.copy(content, file);
      Files.setLastModifiedTime(file, FileTime.fromMillis(0));
      if (!module && !file.toFile().setExecutable(true)) {
        throw new IOException("can't make " + file + " executable");
      }
    }
  }

  private Path interpreter() throws IOException, ImageException {
    try (var programs = Files.list(Files.createDirectories(directory.resolve("usr/bin")))) {
      return programs
          .filter(Files::isRegularFile)
          .sorted()
          .findFirst()
          .orElseThrow(
              () -> new ImageException.CorruptArtifact("package python3-minimal", "no python3.*"));
    }
  }

  private SortedMap<String, byte[]> collect() throws IOException {
    var found = new TreeMap<String, byte[]>();
    try (var files = Files.walk(directory.resolve("usr/lib"))) {
      for (var file : files.filter(f -> f.toString().endsWith(".pyc")).toList()) {
        found.put(directory.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return found;
  }
}
