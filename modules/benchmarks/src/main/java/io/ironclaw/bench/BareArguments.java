package io.ironclaw.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The command line of a bare QEMU. The machine must be the very one that a template was saved from,
 * so it is read off a running VM of IronClaw; how that VM is confined, named and restored is left
 * out.
 */
final class BareArguments {
  private static final Set<String> DROPPED_WITH_VALUE =
      Set.of(
          "-sandbox",
          "-incoming",
          "-name",
          "-pidfile",
          "-D",
          "-run-with",
          "-runas",
          "-chroot",
          "-add-fd");
  private static final Set<String> DROPPED = Set.of("-S", "-daemonize");
  private static final String MEMORY = "memory";

  /** Options whose whole value is a file. */
  private static final Set<String> FILES = Set.of("-kernel", "-initrd");

  private static final Pattern NAMED = Pattern.compile("(mem-path|file|path)=([a-z][a-z0-9./-]*)");

  private final List<String> argv;

  /** What is granted, by the names that the arguments have for it. */
  private final Map<String, Path> granted;

  private BareArguments(List<String> argv, Map<String, Path> granted) {
    this.argv = List.copyOf(argv);
    this.granted = Map.copyOf(granted);
  }

  /**
   * Reads the arguments of a running QEMU.
   *
   * @param vmDir its folder, with links to the files that it was granted
   */
  static BareArguments of(long pid, Path vmDir) throws IOException {
    var granted = new HashMap<String, Path>();
    try (var files = Files.newDirectoryStream(vmDir, Files::isSymbolicLink)) {
      for (var link : files) {
        granted.put(link.getFileName().toString(), link.toRealPath());
      }
    }
    return parse(
        Files.readString(Path.of("/proc", "" + pid, "cmdline"), StandardCharsets.UTF_8), granted);
  }

  /** As the kernel has it: each argument ends with a NUL. */
  static BareArguments parse(String commandLine, Map<String, Path> granted) {
    var kept = new ArrayList<String>();
    var all = Arrays.asList(commandLine.split("\0", -1));
    for (int i = 0; i < all.size(); i++) {
      var arg = all.get(i);
      if (DROPPED_WITH_VALUE.contains(arg)) {
        i++;
      } else if (!DROPPED.contains(arg) && !arg.isEmpty()) {
        // The one descriptor besides the standard ones that a VM of IronClaw's has.
        kept.add(arg.replace("append=on,path=/dev/fdset/1", "path=/proc/self/fd/1"));
      }
    }
    return new BareArguments(kept, granted);
  }

  /** A clone in {@code dir} that waits for its device state. */
  List<String> clone(Path dir) {
    var args = in(dir);
    args.addAll(List.of("-incoming", "defer"));
    return args;
  }

  /** A cold boot in {@code dir} with one more port, number 2, that carries raw bytes. */
  List<String> bootWithRawPort(Path dir) {
    var args = in(dir);
    args.replaceAll(a -> a.replaceFirst("max_ports=\\d+", "max_ports=4"));
    args.addAll(
        List.of(
            "-chardev",
            "socket,id=raw,server=off,path=" + dir.resolve("raw.sock"),
            "-device",
            "virtserialport,chardev=raw,name=io.ironclaw.bench,nr=2"));
    return args;
  }

  /** With paths in place of names: a bare QEMU has no folder of its own to work in. */
  private List<String> in(Path dir) {
    var args = new ArrayList<String>();
    boolean isFile = false;
    for (var arg : argv) {
      args.add(isFile ? path(arg, dir).toString() : withPaths(arg, dir));
      isFile = FILES.contains(arg);
    }
    return args;
  }

  private String withPaths(String arg, Path dir) {
    return NAMED
        .matcher(arg)
        .replaceAll(found -> {
          String path = path(found.group(2), dir).toString().replace(",", ",,");
          return Matcher.quoteReplacement(found.group(1) + "=" + path);
        });
  }

  /** Of a file that was granted, or of a socket, which is the VM's own. */
  private Path path(String name, Path dir) {
    return granted.getOrDefault(name, dir.resolve(name));
  }

  /** The device state next to the guest memory that the clone maps. */
  Path state() throws IOException {
    return memory().resolveSibling("state");
  }

  /** The guest memory of the template. */
  Path memory() throws IOException {
    return Optional.ofNullable(granted.get(MEMORY))
        .orElseThrow(
            () -> new IOException("the VM that the floor is taken from is no clone of a template"));
  }
}
