package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the kernel says of a process that should be in a jail, from outside of it (proc(5)).
 *
 * @param threads each of it
 * @param namespaces by kind, e.g. {@code net}, as {@code net:[4026531833]}
 * @param mounts by mount point, whether it can be written
 * @param descriptors what each is open to
 * @param sockets the inodes of the Unix sockets that were made in its network namespace
 */
record Posture(
    long pid,
    List<Map<String, String>> threads,
    Map<String, String> namespaces,
    Map<String, Boolean> mounts,
    Map<Integer, String> descriptors,
    Set<String> sockets) {
  /** The kinds of namespaces that a jail has of its own (namespaces(7)). */
  static final List<String> NAMESPACES =
      List.of("user", "pid", "mnt", "net", "ipc", "uts", "cgroup");

  private static final int MOUNT_POINT = 4;
  private static final int MOUNT_OPTIONS = 5;
  private static final int INODE = 6;

  static Posture of(long pid) throws HostException {
    Path proc = Path.of("/proc", Long.toString(pid));
    try {
      return new Posture(
          pid,
          threads(proc),
          namespaces(proc),
          mounts(proc),
          descriptors(proc.resolve("fd")),
          sockets(proc.resolve("net").resolve("unix")));
    } catch (IOException | DirectoryIteratorException e) {
      throw new HostException("can't read what confines process " + pid + ": " + e, e);
    }
  }

  private static List<Map<String, String>> threads(Path proc) throws IOException {
    var threads = new ArrayList<Map<String, String>>();
    try (var tasks = Files.newDirectoryStream(proc.resolve("task"))) {
      for (var task : tasks) {
        try {
          threads.add(status(task.resolve("status")));
        } catch (NoSuchFileException _) {
          // A thread that has ended since.
        }
      }
    }
    return threads;
  }

  private static Map<String, String> status(Path file) throws IOException {
    var values = new HashMap<String, String>();
    for (var line : text(file).split("\n", -1)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        values.put(line.substring(0, colon), line.substring(colon + 1).strip());
      }
    }
    return values;
  }

  /** The kernel's files have no size; thread names may be any bytes. */
  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
  }

  static Map<String, String> namespaces(Path proc) throws IOException {
    var found = new TreeMap<String, String>();
    for (var kind : NAMESPACES) {
      found.put(kind, Files.readSymbolicLink(proc.resolve("ns").resolve(kind)).toString());
    }
    return found;
  }

  private static Map<String, Boolean> mounts(Path proc) throws IOException {
    var mounts = new TreeMap<String, Boolean>();
    for (var line : text(proc.resolve("mountinfo")).strip().split("\n", -1)) {
      var fields = line.split(" ", -1);
      boolean writable = !List.of(fields[MOUNT_OPTIONS].split(",", -1)).contains("ro");
      mounts.merge(fields[MOUNT_POINT], writable, Boolean::logicalOr);
    }
    return mounts;
  }

  /**
   * The inodes of connections to some sockets, of whoever has taken them. The kernel makes such a
   * socket in the network namespace of who connects, so ours are in our own list; and it has the
   * path of the one that was listened on.
   */
  static Set<String> accepted(Set<String> paths) throws HostException {
    var found = new HashSet<String>();
    try {
      for (var line : text(Path.of("/proc/self/net/unix")).split("\n", -1)) {
        var fields = line.strip().split(" +", INODE + 2);
        if (fields.length == INODE + 2 && paths.contains(fields[INODE + 1])) {
          found.add(fields[INODE]);
        }
      }
      return found;
    } catch (IOException e) {
      throw new HostException("can't read our own sockets: " + e, e);
    }
  }

  /** The inode is the seventh field, after a line of names (proc(5), net/unix). */
  private static Set<String> sockets(Path file) throws IOException {
    var found = new HashSet<String>();
    for (var line : text(file).split("\n", -1)) {
      var fields = line.strip().split(" +", INODE + 2);
      if (fields.length > INODE) {
        found.add(fields[INODE]);
      }
    }
    return found;
  }

  private static Map<Integer, String> descriptors(Path folder) throws IOException {
    var found = new TreeMap<Integer, String>();
    try (var links = Files.newDirectoryStream(folder)) {
      for (var link : links) {
        try {
          found.put(
              Integer.valueOf(link.getFileName().toString()),
              Files.readSymbolicLink(link).toString());
        } catch (NoSuchFileException _) {
          // Closed since.
        }
      }
    }
    return found;
  }
}
