package io.ironclaw.vm.firecracker;

import io.ironclaw.api.HypervisorMissingException;
import io.ironclaw.api.Printable;
import io.ironclaw.host.HostTool;
import io.ironclaw.host.Manifest;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.seccomp.ThreadFilters;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Firecracker and its jailer on this host.
 *
 * @param path Firecracker's program, no link
 * @param jailer of the same release
 * @param stamp size and time of both: an update changes it
 */
public record FirecrackerProgram(Path path, Path jailer, Version version, String stamp) {
  /** The first without the flaws that were known when this was written, and with its errors. */
  static final Version OLDEST = new Version(1, 15, 1);

  /** The newest whose filters, snapshots and jailer were looked at. */
  private static final Version NEWEST_SERIES = new Version(1, 16, 0);

  private static final String NAME = "firecracker";
  private static final String JAILER = "jailer";
  private static final String FILE = "path";
  private static final String STAMP = "stamp";
  private static final String VERSION = "version";
  private static final int MAX_OUTPUT = 4_096;
  private static final int SHOWN = 80;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String FIX =
      "; `ironclaw doctor --install-firecracker FILE` puts a release in place, IRONCLAW_FIRECRACKER"
          + " names another";

  /**
   * Finds Firecracker, and the jailer beside it.
   *
   * @param wanted a program to use; empty = the one in {@code installed} or on {@code searchPath}
   * @param installed a folder; need not be there
   * @param notes a folder where what the programs say of themselves is kept, until their files
   *     change
   */
  public static FirecrackerProgram find(
      Optional<Path> wanted, Path installed, String searchPath, Path notes)
      throws HypervisorMissingException {
    return find(wanted, installed, searchPath, Optional.of(notes), OLDEST);
  }

  static FirecrackerProgram find(
      Optional<Path> wanted, Path installed, String searchPath, Version oldest)
      throws HypervisorMissingException {
    return find(wanted, installed, searchPath, Optional.empty(), oldest);
  }

  private static FirecrackerProgram find(
      Optional<Path> wanted,
      Path installed,
      String searchPath,
      Optional<Path> notes,
      Version oldest)
      throws HypervisorMissingException {
    Path found =
        wanted.isPresent()
            ? wanted.get()
            : HostTool.find(NAME, installed + ":" + searchPath)
                .orElseThrow(() ->
                    new HypervisorMissingException(
                        "no Firecracker: " + NAME + " is not on PATH" + FIX));
    var program = at(found, notes);
    if (program.version.compareTo(oldest) < 0) {
      throw new HypervisorMissingException(
          "%s is Firecracker %s, too old: %s is the first whose jailer refuses links and whose snapshots are safe to clone%s"
              .formatted(found, program.version, oldest, FIX));
    }
    return program;
  }

  /** A program and its jailer, whatever version they are. */
  private static FirecrackerProgram at(Path found, Optional<Path> notes)
      throws HypervisorMissingException {
    try {
      if (!HostTool.isProgram(found)) {
        throw new HypervisorMissingException("no Firecracker: " + found + " is no program" + FIX);
      }
      Path path = found.toRealPath();
      Path jailer = jailer(path);
      String stamp = stamp(path) + " " + stamp(jailer);
      var note = notes.map(folder -> folder.resolve("firecracker-version"));
      var version = noted(note, path, stamp);
      if (version.isEmpty()) {
        version = Optional.of(asked(path, jailer));
        if (note.isPresent()) {
          new Manifest(Map.of(FILE, path.toString(), STAMP, stamp, VERSION, "" + version.get()))
              .write(note.get());
        }
      }
      return new FirecrackerProgram(path, jailer, version.get(), stamp);
    } catch (IOException e) {
      throw new HypervisorMissingException(
          found + " can't be used: " + PrivateDir.reason(e) + FIX, e);
    }
  }

  private static Optional<Version> noted(Optional<Path> note, Path path, String stamp)
      throws IOException {
    if (note.isEmpty()) {
      return Optional.empty();
    }
    var known = Manifest.read(note.get()).orElseGet(() -> new Manifest(Map.of()));
    return known.get(FILE).equals(path.toString()) && known.get(STAMP).equals(stamp)
        ? Version.in("Firecracker v" + known.get(VERSION))
        : Optional.empty();
  }

  /** What both say of themselves. */
  private static Version asked(Path path, Path jailer)
      throws IOException, HypervisorMissingException {
    var version = ask(path, "Firecracker");
    if (new Version(version.major(), version.minor(), 0).compareTo(NEWEST_SERIES) > 0) {
      throw new HypervisorMissingException(
          "%s is Firecracker %s, too new: nobody has looked at more than %d.%d yet%s"
              .formatted(path, version, NEWEST_SERIES.major(), NEWEST_SERIES.minor(), FIX));
    }
    var ofJailer = ask(jailer, "jailer");
    if (!ofJailer.equals(version)) {
      throw new HypervisorMissingException(
          "%s is version %s, and %s is %s: they must be of one release%s"
              .formatted(jailer, ofJailer, path, version, FIX));
    }
    return version;
  }

  /** Beside it, by its plain name or as releases name it. */
  private static Path jailer(Path firecracker) throws HypervisorMissingException {
    Path plain = firecracker.resolveSibling(JAILER);
    Path named =
        firecracker.resolveSibling(
            String.valueOf(firecracker.getFileName()).replaceFirst("^" + NAME, JAILER));
    for (var candidate : List.of(named, plain)) {
      if (!candidate.equals(firecracker) && HostTool.isProgram(candidate)) {
        return candidate;
      }
    }
    throw new HypervisorMissingException(
        "no jailer: " + plain + " is no program, and without it Firecracker is not started" + FIX);
  }

  private static String stamp(Path file) throws IOException {
    return Files.size(file) + "-" + Files.getLastModifiedTime(file).toMillis();
  }

  private static Version ask(Path path, String what)
      throws IOException, HypervisorMissingException {
    var asked = new HostTool(List.of(path.toString(), "--version"), Path.of("/"), PATIENCE);
    try {
      String said = new String(asked.output(MAX_OUTPUT), StandardCharsets.UTF_8);
      return Version.in(said)
          .orElseThrow(() ->
              new HypervisorMissingException(
                  path + " is no release of " + what + ": it says \"" + shown(said) + '"' + FIX));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HypervisorMissingException("interrupted while asking " + path + " its version", e);
    }
  }

  private static String shown(String said) {
    String line = Printable.of(said.strip().lines().findFirst().orElse(""));
    return line.length() > SHOWN ? line.substring(0, SHOWN) + "..." : line;
  }

  /** How its filters are written. */
  public ThreadFilters.Form filters() {
    return version.isBefore(1, 15) ? ThreadFilters.Form.BINCODE : ThreadFilters.Form.BITCODE;
  }

  /** Name and version, e.g. {@code firecracker 1.16.1}. */
  public String name() {
    return NAME + " " + version;
  }
}
