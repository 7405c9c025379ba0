package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Makes control groups for processes, where this host lets us: of version 2 below the top (root),
 * or below our own group if that was delegated to us; of version 1 below our own groups. What can't
 * be had is said with its reason. Safe for many threads.
 */
final class ControlGroups {

  /** In a process's private folder: its groups, for whoever clears up after us. */
  private static final String NOTE = "cgroups";

  private static final String PREFIX = "ironclaw-";
  private static final int PERIOD_MICROS = 100_000;

  private static final Map<ProofItem, String> CONTROLLERS =
      new EnumMap<>(
          Map.of(
              ProofItem.CGROUP_MEMORY, "memory",
              ProofItem.CGROUP_PIDS, "pids",
              ProofItem.CGROUP_CPU, "cpu",
              ProofItem.CGROUP_IO, "io"));

  private final CgroupHost host;
  private final SecureRandom random = new SecureRandom();

  /** What our groups of version 2 are made in; found out once. */
  private Optional<Parent> parent = Optional.empty();

  private record Parent(Optional<CgroupHost.Place> place, String why) {}

  ControlGroups(CgroupHost host) {
    this.host = host;
  }

  /** Of this host; of none where nothing can be known of them. */
  static ControlGroups ofThisHost() {
    try {
      return new ControlGroups(CgroupHost.of(Path.of("/proc/self")));
    } catch (IOException _) {
      // No /proc/self/cgroup: a kernel without control groups.
      return new ControlGroups(new CgroupHost(Optional.empty(), Map.of()));
    }
  }

  /**
   * Makes one.
   *
   * @param folder the process's private one: what was made is noted there first
   * @throws HostException if it was made and can't be set up
   */
  ControlGroup make(GroupLimits limits, Path folder) throws HostException {
    String name = PREFIX + HexFormat.of().toHexDigits(random.nextLong());
    var making = new Making(name, limits);
    boolean done = false;
    try {
      for (var item : CONTROLLERS.keySet()) {
        making.choose(item);
      }
      Files.writeString(
          folder.resolve(NOTE),
          making.group().folders().stream()
              .map(place -> place.folder() + "\n")
              .collect(Collectors.joining()));
      making.create();
      done = true;
      return making.group();
    } catch (IOException e) {
      throw new HostException("no control group can be made for a VM: " + PrivateDir.reason(e), e);
    } finally {
      if (!done) {
        making.group().remove();
      }
    }
  }

  /** Kills and removes what a process that is gone has left, as noted in its folder. */
  static void clear(Path folder) throws IOException {
    String noted;
    try {
      noted = CgroupHost.text(folder.resolve(NOTE));
    } catch (NoSuchFileException _) {
      return;
    }
    for (var line : noted.split("\n", -1)) {
      Path group = Path.of(line);
      // The folder is private, and yet: never anything that can't be one of ours.
      if (group.isAbsolute()
          && String.valueOf(group.getFileName()).startsWith(PREFIX)
          && Files.exists(group.resolve(ControlGroup.PROCESSES))
          && !ControlGroup.clear(group)) {
        throw new IOException("control group " + group + " can't be removed; is a process stuck?");
      }
    }
  }

  /** One that is being made. */
  private final class Making {
    private final String name;
    private final GroupLimits limits;
    private final Map<Path, CgroupHost.Place> folders = new TreeMap<>();
    private final Map<ProofItem, ControlGroup.Setting> settings = new EnumMap<>(ProofItem.class);
    private final Map<ProofItem, String> absent = new EnumMap<>(ProofItem.class);

    Making(String name, GroupLimits limits) {
      this.name = name;
      this.limits = limits;
    }

    ControlGroup group() {
      return new ControlGroup(List.copyOf(folders.values()), settings, absent);
    }

    void choose(ProofItem item) throws IOException {
      String controller = CONTROLLERS.getOrDefault(item, "");
      var above = parent();
      if (above.place().isPresent() && hands(above.place().get(), controller)) {
        set(item, above.place().get().child(name), true);
        return;
      }
      // Version 1 has another name for it.
      var legacy = host.legacy().get(controller.equals("io") ? "blkio" : controller);
      if (legacy != null && Files.isWritable(legacy.folder())) {
        set(item, legacy.child(name), false);
        return;
      }
      absent.put(
          item,
          legacy != null
              ? "may not make control groups in " + legacy.folder()
              : above.why().isEmpty()
                  ? "control group "
                      + above.place().map(CgroupHost.Place::path).orElse("/")
                      + " hands out no controller "
                      + controller
                      + " (one that other processes are in hands out none: give IronClaw one of its"
                      + " own)"
                  : above.why());
      if (item == ProofItem.CGROUP_MEMORY) {
        absent.put(ProofItem.CGROUP_SWAP, "there is no limit of memory");
      }
    }

    private void set(ProofItem item, CgroupHost.Place place, boolean unified) {
      folders.put(place.folder(), place);
      String quota = Integer.toString(limits.cpus() * PERIOD_MICROS);
      switch (item) {
        case CGROUP_MEMORY -> {
          setting(
              item,
              place,
              unified ? "memory.max" : "memory.limit_in_bytes",
              "" + limits.memoryBytes());
          if (unified) {
            // Beside the memory, not in its place.
            setting(ProofItem.CGROUP_SWAP, place, "memory.swap.max", "0");
          } else {
            absent.put(
                ProofItem.CGROUP_SWAP,
                "control groups of version 1 count swap with memory, where they count it at all");
          }
        }
        case CGROUP_PIDS -> setting(item, place, "pids.max", "" + limits.processes());
        case CGROUP_CPU ->
            setting(
                item,
                place,
                unified ? "cpu.max" : "cpu.cfs_quota_us",
                unified ? quota + " " + PERIOD_MICROS : quota);
        default ->
            setting(
                item,
                place,
                unified ? "io.weight" : "blkio.bfq.weight",
                unified ? "default 50" : "50");
      }
    }

    private void setting(ProofItem item, CgroupHost.Place place, String file, String value) {
      settings.put(item, new ControlGroup.Setting(place, file, value));
    }

    void create() throws IOException {
      for (var place : folders.values()) {
        Files.createDirectory(place.folder());
      }
      for (var item : List.copyOf(settings.keySet())) {
        write(item, settings.get(item));
      }
    }

    private void write(
        ProofItem item, ControlGroup.@org.jspecify.annotations.Nullable Setting setting)
        throws IOException {
      if (setting == null) {
        return;
      }
      Path file = setting.place().folder().resolve(setting.file());
      if (Files.exists(file)) {
        Files.writeString(file, setting.value());
      } else {
        // A controller without this knob: its scheduler is not this kernel's.
        settings.remove(item);
        absent.put(item, "this kernel has no " + setting.file());
      }
    }
  }

  private static boolean hands(CgroupHost.Place place, String controller) throws IOException {
    return List.of(
            CgroupHost.text(place.folder().resolve("cgroup.subtree_control"))
                .strip()
                .split(" ", -1))
        .contains(controller);
  }

  private synchronized Parent parent() {
    var known = parent;
    if (known.isEmpty()) {
      known = Optional.of(findParent());
      parent = known;
    }
    return known.get();
  }

  private Parent findParent() {
    if (host.unified().isEmpty()) {
      return new Parent(Optional.empty(), "no control groups of version 2 are mounted");
    }
    var own = host.unified().get();
    try {
      if (PrivateDir.isRoot()) {
        var top = new CgroupHost.Place(own.mount(), own.mount(), "/");
        if (top.isTop() && CgroupHost.text(controllers(top)).isBlank()) {
          return new Parent(
              Optional.empty(), "control groups of version 2 have no controllers on this host");
        }
        if (top.isTop()) {
          return new Parent(Optional.of(below(top, "ironclaw")), "");
        }
      }
      if (!Files.isWritable(own.folder())) {
        return new Parent(
            Optional.empty(),
            "control group "
                + own.path()
                + " was not delegated to this user; start IronClaw with: systemd-run --user --scope"
                + " -p Delegate=yes");
      }
      return new Parent(Optional.of(delegated(own)), "");
    } catch (IOException | HostException e) {
      return new Parent(
          Optional.empty(),
          "no control groups can be made in " + own.folder() + ": " + e.getMessage());
    }
  }

  /** A group for ours below one that has no processes to be moved. */
  private static CgroupHost.Place below(CgroupHost.Place above, String name) throws IOException {
    enable(above);
    var place = above.child(name);
    if (!Files.isDirectory(place.folder())) {
      Files.createDirectory(place.folder());
    }
    enable(place);
    return place;
  }

  /** A group that has processes hands out nothing: so ours moves to a leaf first. */
  private static CgroupHost.Place delegated(CgroupHost.Place own) throws IOException {
    var leaf = own.child(PREFIX + "self");
    if (!Files.isDirectory(leaf.folder())) {
      Files.createDirectory(leaf.folder());
    }
    Files.writeString(leaf.folder().resolve(ControlGroup.PROCESSES), "0");
    enable(own);
    return own;
  }

  private static Path controllers(CgroupHost.Place place) {
    return place.folder().resolve("cgroup.controllers");
  }

  /** One by one: one that can't be had must not keep the others away. */
  private static void enable(CgroupHost.Place place) throws IOException {
    Path control = place.folder().resolve("cgroup.subtree_control");
    for (var controller : CgroupHost.text(controllers(place)).strip().split(" ", -1)) {
      if (CONTROLLERS.containsValue(controller) && !hands(place, controller)) {
        try {
          Files.writeString(control, "+" + controller);
        } catch (IOException _) {
          // It is absent then, and said so where it is asked for.
        }
      }
    }
  }
}
