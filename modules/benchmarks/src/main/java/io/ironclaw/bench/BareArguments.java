package io.ironclaw.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The command line of a bare QEMU. The machine must be the very one that a template was saved from,
 * so it is read off a running VM of IronClaw; how that VM is confined, named and restored is left
 * out.
 */
final class BareArguments {
  private static final Set<String> DROPPED_WITH_VALUE =
      Set.of("-sandbox", "-incoming", "-name", "-pidfile", "-D", "-run-with", "-runas", "-chroot");
  private static final Set<String> DROPPED = Set.of("-S", "-daemonize");
  private static final String MEMORY = "mem-path=";

  private final List<String> argv;
  private final Path vmDir;

  private BareArguments(List<String> argv, Path vmDir) {
    this.argv = List.copyOf(argv);
    this.vmDir = vmDir;
  }

  /**
   * Reads the arguments of a running QEMU.
   *
   * @param vmDir the folder of its sockets
   */
  static BareArguments of(long pid, Path vmDir) throws IOException {
    return parse(
        Files.readString(Path.of("/proc", "" + pid, "cmdline"), StandardCharsets.UTF_8), vmDir);
  }

  /** As the kernel has it: each argument ends with a NUL. */
  static BareArguments parse(String commandLine, Path vmDir) {
    var kept = new ArrayList<String>();
    var all = Arrays.asList(commandLine.split("\0", -1));
    for (int i = 0; i < all.size(); i++) {
      var arg = all.get(i);
      if (DROPPED_WITH_VALUE.contains(arg)) {
        i++;
      } else if (!DROPPED.contains(arg) && !arg.isEmpty()) {
        kept.add(arg);
      }
    }
    return new BareArguments(kept, vmDir);
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

  private List<String> in(Path dir) {
    var args = new ArrayList<>(argv);
    args.replaceAll(a -> a.replace(vmDir.toString(), dir.toString()));
    return args;
  }

  /** The device state next to the guest memory that the clone maps. */
  Path state() throws IOException {
    return memory().resolveSibling("state");
  }

  /** The guest memory of the template. */
  Path memory() throws IOException {
    for (var arg : argv) {
      int at = arg.indexOf(MEMORY);
      if (at >= 0) {
        var rest = arg.substring(at + MEMORY.length()).replace(",,", "\0");
        int comma = rest.indexOf(',');
        return Path.of((comma < 0 ? rest : rest.substring(0, comma)).replace('\0', ','));
      }
    }
    throw new IOException("the VM that the floor is taken from is no clone of a template");
  }
}
