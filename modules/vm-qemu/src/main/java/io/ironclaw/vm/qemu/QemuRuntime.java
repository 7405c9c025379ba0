package io.ironclaw.vm.qemu;

import io.ironclaw.api.HostException;
import io.ironclaw.host.AtomicFile;
import io.ironclaw.host.HostTool;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.Runtime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What QEMU needs of the host to start: the folders of its libraries, which the loader names (ldd),
 * and of its firmware, which it names itself. Asked once for each program, as it takes longer than
 * a start.
 */
final class QemuRuntime {
  private static final int MAX_OUTPUT = 64 << 10;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Pattern LIBRARY = Pattern.compile("(?:=> |^\\s*)(/[^ ]+) \\(0x");

  /** What QEMU loads for the machine that we start, where its distribution links it elsewhere. */
  private static final List<String> FIRMWARE =
      List.of("bios-microvm.bin", "pvh.bin", "linuxboot_dma.bin");

  private static final Path LOADERS_CACHE = Path.of("/etc/ld.so.cache");

  private QemuRuntime() {}

  static Runtime of(QemuProgram program, Path cacheDir) throws HostException {
    Path note = cacheDir.resolve("qemu-runtime");
    try {
      String known = program.path() + " " + program.stamp() + " " + loaderStamp();
      if (Files.exists(note)) {
        var lines = Files.readAllLines(note);
        if (!lines.isEmpty() && lines.getFirst().equals(known)) {
          return read(program, lines);
        }
      }
      var found = ask(program);
      var lines = String.join("\n", written(known, found));
      AtomicFile.write(note, lines.getBytes(StandardCharsets.UTF_8));
      return found;
    } catch (IOException e) {
      throw new HostException(
          "can't find out which libraries "
              + program.path()
              + " needs: "
              + PrivateDir.reason(e)
              + "; does it start? try "
              + program.path()
              + " --version",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException("interrupted while looking at " + program.path(), e);
    }
  }

  /** An update of any library changes the loader's cache. */
  private static String loaderStamp() throws IOException {
    return Files.exists(LOADERS_CACHE)
        ? "" + Files.getLastModifiedTime(LOADERS_CACHE).toMillis()
        : "none";
  }

  private static List<String> written(String known, Runtime runtime) {
    var lines = new ArrayList<>(List.of(known));
    runtime.paths().forEach(path -> lines.add(path.toString()));
    runtime.links().forEach((name, to) -> lines.add(name + " -> " + to));
    return lines;
  }

  private static Runtime read(QemuProgram program, List<String> lines) {
    var paths = new ArrayList<Path>();
    var links = new TreeMap<Path, Path>();
    for (var line : lines.subList(1, lines.size())) {
      int arrow = line.indexOf(" -> ");
      if (arrow < 0) {
        paths.add(Path.of(line));
      } else {
        links.put(Path.of(line.substring(0, arrow)), Path.of(line.substring(arrow + 4)));
      }
    }
    return new Runtime(program.path(), paths, links);
  }

  private static Runtime ask(QemuProgram program)
      throws IOException, InterruptedException, HostException {
    if (HostTool.isScript(program.path())) {
      // Nothing is known of what it starts; a jail refuses it.
      return Runtime.of(program.path());
    }
    var links = new TreeMap<Path, Path>();
    var paths = new TreeSet<Path>();
    for (var library : libraries(program.path())) {
      add(Objects.requireNonNull(library.getParent()), paths, links);
    }
    for (var folder : output(program.path().toString(), "-L", "help").lines().toList()) {
      Path firmware = Path.of(folder.strip()).normalize();
      for (var name : FIRMWARE) {
        Path file = firmware.resolve(name);
        if (Files.exists(file)) {
          add(firmware, paths, links);
          paths.add(Objects.requireNonNull(file.toRealPath().getParent()));
        }
      }
    }
    if (Files.exists(LOADERS_CACHE)) {
      paths.add(LOADERS_CACHE.toRealPath());
    }
    return new Runtime(program.path(), outermost(paths), links);
  }

  private static void add(Path folder, SortedSet<Path> paths, Map<Path, Path> links)
      throws IOException {
    Path real = folder.toRealPath();
    paths.add(real);
    if (!real.equals(folder)) {
      links.put(folder, real);
    }
  }

  /** Without those that are within another; sorted, an outer one comes first. */
  private static List<Path> outermost(SortedSet<Path> paths) {
    var kept = new ArrayList<Path>();
    for (var path : paths) {
      if (kept.stream().noneMatch(path::startsWith)) {
        kept.add(path);
      }
    }
    return kept;
  }

  private static List<Path> libraries(Path program)
      throws IOException, InterruptedException, HostException {
    var libraries = new ArrayList<Path>();
    for (var line : output("ldd", program.toString()).lines().toList()) {
      var found = LIBRARY.matcher(line);
      if (found.find()) {
        libraries.add(Path.of(found.group(1)));
      } else if (line.contains("not found")) {
        throw new HostException(
            program + " lacks a library: " + line.strip() + "; install QEMU again");
      }
    }
    return libraries;
  }

  private static String output(String... command) throws IOException, InterruptedException {
    return new String(
        new HostTool(List.of(command), Path.of("/"), PATIENCE).output(MAX_OUTPUT),
        StandardCharsets.UTF_8);
  }
}
