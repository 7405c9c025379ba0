package io.ironclaw.image;

import io.ironclaw.api.EventSink;
import io.ironclaw.api.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Resolves and downloads Debian packages with the host's apt, its package lists and its keys, but
 * with the state and cache in a directory of ours: needs no root and touches nothing of the host's.
 */
final class Apt {
  private static final Duration RESOLVE_LIMIT = Duration.ofMinutes(2);
  private static final Duration DOWNLOAD_LIMIT = Duration.ofMinutes(30);
  private static final String NO_LISTS =
      "apt knows none of it; run \"sudo apt-get update\" and try again";

  private final Path debs;

  /** An empty directory: apt-get leaves out of its list what it finds downloaded already. */
  private final Path nothing;

  private final Path emptyStatus;
  private final EventSink events;

  /** A package as apt resolved it. */
  record Package(String fileName, long size, Digest sha256) {}

  /**
   * @param directory kept between builds: holds the downloaded packages
   */
  Apt(Path directory, EventSink events) throws IOException {
    this.debs = Files.createDirectories(directory.resolve("debs"));
    Files.createDirectories(debs.resolve("partial"));
    this.nothing = directory.resolve("nothing");
    Files.createDirectories(nothing.resolve("partial"));
    this.emptyStatus = directory.resolve("no-package-is-installed");
    if (!Files.exists(emptyStatus)) {
      Files.createFile(emptyStatus);
    }
    this.events = events;
  }

  /** The first value of a field of a package's newest version; empty if apt doesn't know it. */
  Optional<String> field(String packageName, String field) throws ImageException {
    var command = options(nothing, "apt-cache", "show", "--no-all-versions", "--", packageName);
    List<String> lines;
    try {
      lines = new ImageTool("apt", RESOLVE_LIMIT, command).lines(nothing);
    } catch (ImageException.ToolFailed e) {
      return Optional.empty(); // apt-cache's answer to an unknown package is a status of 100
    }
    return lines.stream()
        .filter(line -> line.startsWith(field + ": "))
        .map(line -> line.substring(field.length() + 2))
        .findFirst();
  }

  /** Everything that {@code names} need, themselves included, on a system that has nothing. */
  List<Package> closure(List<String> names) throws ImageException {
    var command = options(nothing, "apt-get", "install", "--print-uris", "-qq", "-y");
    command.add("--no-install-recommends");
    command.add("--");
    command.addAll(names);
    return resolve(command, names.getFirst() + " and " + (names.size() - 1) + " more packages");
  }

  /** Downloads that closure. */
  List<Path> downloadClosure(List<String> names, List<Package> packages) throws ImageException {
    var command = options(debs, "apt-get", "install", "--download-only", "-q", "-y");
    command.add("--no-install-recommends");
    command.add("--");
    command.addAll(names);
    return download(command, packages);
  }

  /** One package alone, without what it needs. */
  Package single(String name) throws ImageException {
    var command = options(nothing, "apt-get", "download", "--print-uris", "-qq", "--", name);
    return resolve(command, name).getFirst();
  }

  /** Downloads that package. */
  Path downloadSingle(String name, Package resolved) throws ImageException {
    var command = options(debs, "apt-get", "download", "-q", "--", name);
    return download(command, List.of(resolved)).getFirst();
  }

  private List<Package> resolve(List<String> command, String what) throws ImageException {
    List<String> lines;
    try {
      lines = new ImageTool("apt", RESOLVE_LIMIT, command).lines(nothing);
    } catch (ImageException.ToolFailed e) {
      throw new ImageException.DownloadFailed(what, NO_LISTS + " (" + e.getMessage() + ")");
    }
    var packages = new ArrayList<Package>();
    for (var line : lines) {
      if (line.startsWith("'")) {
        packages.add(parse(line));
      }
    }
    if (packages.isEmpty()) {
      throw new ImageException.DownloadFailed(what, NO_LISTS);
    }
    return List.copyOf(packages);
  }

  /** Reads a line of {@code --print-uris}: {@code 'URI' FILE SIZE SHA256:HEX}. */
  static Package parse(String line) throws ImageException {
    int end = line.indexOf('\'', 1);
    var fields = end < 0 ? new String[0] : line.substring(end + 1).strip().split(" ", -1);
    if (fields.length == 3 && fields[2].startsWith("SHA256:")) {
      var hex = fields[2].substring("SHA256:".length());
      var name = fields[0];
      if (Digest.isDigest(hex) && name.endsWith(".deb") && name.indexOf('/') < 0) {
        try {
          return new Package(name, Long.parseLong(fields[1]), new Digest(hex));
        } catch (NumberFormatException e) {
          throw unreadable(line);
        }
      }
    }
    throw unreadable(line);
  }

  private static ImageException unreadable(String line) {
    return new ImageException.DownloadFailed("a package", "apt-get's answer is not known: " + line);
  }

  private List<Path> download(List<String> command, List<Package> packages) throws ImageException {
    try {
      if (!missing(packages).isEmpty()) {
        fetch(command, packages);
      }
      var still = missing(packages);
      if (!still.isEmpty()) {
        throw new ImageException.DownloadFailed(
            still.getFirst().fileName(), "the file is missing or its checksum is wrong");
      }
    } catch (IOException e) {
      throw new ImageException.CacheFailed("can't read " + debs, e);
    }
    return packages.stream().map(p -> debs.resolve(p.fileName())).toList();
  }

  private void fetch(List<String> command, List<Package> packages) throws ImageException {
    long size = packages.stream().mapToLong(Package::size).sum();
    var what =
        packages.size() == 1 ? packages.getFirst().fileName() : packages.size() + " packages";
    events.preparing("downloading " + what + ", " + (size >> 20) + " MiB");
    var got = new int[1];
    try {
      new ImageTool("apt", DOWNLOAD_LIMIT, command)
          .run(
              debs,
              line -> {
                if (line.startsWith("Get:") && ++got[0] % 25 == 0) {
                  events.preparing("downloaded " + got[0] + " of " + packages.size() + " packages");
                }
              });
    } catch (ImageException.ToolFailed e) {
      throw new ImageException.DownloadFailed(what, e.getMessage());
    }
  }

  /** The packages that aren't here whole; a damaged file is removed, so that apt gets it again. */
  private List<Package> missing(List<Package> packages) throws IOException {
    var missing = new ArrayList<Package>();
    for (var wanted : packages) {
      var file = debs.resolve(wanted.fileName());
      if (Files.isRegularFile(file)
          && Files.size(file) == wanted.size()
          && Digest.of(file).equals(wanted.sha256())) {
        continue;
      }
      Files.deleteIfExists(file);
      missing.add(wanted);
    }
    return missing;
  }

  private List<String> options(Path archives, String command, String... arguments) {
    var line = new ArrayList<String>();
    line.add(command);
    for (var option :
        List.of(
            "Dir::State::status=" + emptyStatus,
            "Dir::Cache=" + debs.getParent(),
            "Dir::Cache::archives=" + archives,
            "Dir::Log=" + debs.getParent(),
            // Nothing of the host's is locked, because nothing of the host's is written.
            "Debug::NoLocking=1",
            // As root, apt would drop to a user that can't write to our directory.
            "APT::Sandbox::User=root",
            "Acquire::ForceHash=SHA256",
            "Acquire::Retries=3")) {
      line.add("-o");
      line.add(option);
    }
    line.addAll(List.of(arguments));
    return line;
  }
}
