package io.ironclaw.jail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The control groups that this process is in, as folders (cgroups(7)).
 *
 * @param unified its group of version 2, where that is mounted
 * @param legacy its groups of version 1, by controller
 */
record CgroupHost(Optional<Place> unified, Map<String, Place> legacy) {
  private static final int ROOT = 3;
  private static final int MOUNT_POINT = 4;

  /**
   * One of them.
   *
   * @param mount where its hierarchy is mounted
   * @param folder of the group, in it
   * @param path of the group, as {@code /proc/PID/cgroup} has it
   */
  record Place(Path mount, Path folder, String path) {
    /** Whether it is the hierarchy's own root, and not that of a container. */
    boolean isTop() {
      return folder.equals(mount) && !Files.exists(folder.resolve("cgroup.type"));
    }

    Place child(String name) {
      return new Place(
          mount, folder.resolve(name), path.equals("/") ? "/" + name : path + "/" + name);
    }
  }

  /** One line of {@code /proc/self/mountinfo}. */
  private record Mount(String type, String root, Path point, List<String> options) {}

  static CgroupHost of(Path proc) throws IOException {
    var mounts =
        text(proc.resolve("mountinfo"))
            .lines()
            .map(CgroupHost::mount)
            .flatMap(Optional::stream)
            .toList();
    var groups = groups(text(proc.resolve("cgroup")));
    Optional<Place> unified = Optional.empty();
    var legacy = new TreeMap<String, Place>();
    for (var mount : mounts) {
      if (mount.type().equals("cgroup2")) {
        unified = unified.or(() -> place(mount, groups.get("")));
      } else {
        for (var option : mount.options()) {
          place(mount, groups.get(option)).ifPresent(place -> legacy.putIfAbsent(option, place));
        }
      }
    }
    return new CgroupHost(unified, legacy);
  }

  private static Optional<Mount> mount(String line) {
    int dash = line.indexOf(" - ");
    if (dash < 0) {
      return Optional.empty();
    }
    var before = line.substring(0, dash).split(" ", -1);
    var after = line.substring(dash + 3).split(" ", 3);
    return after.length == 3 && after[0].startsWith("cgroup")
        ? Optional.of(
            new Mount(
                after[0],
                before[ROOT],
                Path.of(before[MOUNT_POINT]),
                List.of(after[2].split(",", -1))))
        : Optional.empty();
  }

  /** By controller; version 2 has none in its line. */
  private static Map<String, String> groups(String text) {
    var groups = new HashMap<String, String>();
    for (var line : text.split("\n", -1)) {
      var fields = line.split(":", 3);
      if (fields.length == 3) {
        for (var controller : fields[1].split(",", -1)) {
          groups.put(controller, fields[2]);
        }
      }
    }
    return groups;
  }

  /** Empty if the mount does not show the group: that of a container's host, say. */
  private static Optional<Place> place(
      Mount mount, @org.jspecify.annotations.Nullable String group) {
    if (group == null || group.startsWith("/..")) {
      return Optional.empty();
    }
    Path root = Path.of(mount.root());
    Path path = Path.of(group);
    if (!path.startsWith(root)) {
      return Optional.empty();
    }
    Path folder = mount.point().resolve(root.relativize(path)).normalize();
    return Files.isDirectory(folder)
        ? Optional.of(new Place(mount.point(), folder, group))
        : Optional.empty();
  }

  static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
