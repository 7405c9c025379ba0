package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.api.ProofItem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The control groups of one process: one of version 2, or one for each controller of version 1, or
 * what there is of both.
 *
 * @param folders each to be joined
 * @param settings what was set, by the item that it is read back as
 * @param absent why an item could not be had
 */
record ControlGroup(
    List<CgroupHost.Place> folders,
    Map<ProofItem, Setting> settings,
    Map<ProofItem, String> absent) {
  static final String PROCESSES = "cgroup.procs";
  private static final String KILL = "cgroup.kill";

  /** Two seconds: a process that is killed while it waits for a disk takes its time. */
  private static final int TRIES = 1_000;

  private static final int PAUSE_MILLIS = 2;

  /**
   * A value that was written.
   *
   * @param place the group
   * @param file in it
   */
  record Setting(CgroupHost.Place place, String file, String value) {}

  ControlGroup {
    folders = List.copyOf(folders);
    settings = Map.copyOf(settings);
    absent = Map.copyOf(absent);
  }

  /** The files that a process writes 0 to, to be in it. */
  List<String> joins() {
    return folders.stream().map(place -> place.folder().resolve(PROCESSES).toString()).toList();
  }

  /** What the kernel says of a process that should be in it. */
  void read(long pid, Readings readings) throws HostException {
    absent.forEach((item, why) -> readings.add(Reading.absent(item, why)));
    try {
      String membership = CgroupHost.text(Path.of("/proc", Long.toString(pid), "cgroup"));
      for (var setting : settings.entrySet()) {
        readings.add(reading(setting.getKey(), setting.getValue(), membership));
      }
    } catch (IOException e) {
      throw new HostException("can't read the control groups of process " + pid + ": " + e, e);
    }
  }

  private static Reading reading(ProofItem item, Setting setting, String membership)
      throws IOException {
    String path = setting.place().path();
    if (membership.lines().noneMatch(line -> line.endsWith(":" + path))) {
      return Reading.failed(item, "the process is not in " + path + ", but in " + membership);
    }
    Path file = setting.place().folder().resolve(setting.file());
    String found = CgroupHost.text(file).strip();
    return Reading.of(
        item,
        found.equals(setting.value()),
        () -> setting.file() + " is " + found + ", set to " + setting.value());
  }

  /** Kills whatever is in it, and what that starts meanwhile. */
  void kill() {
    for (var place : folders) {
      kill(place.folder());
    }
  }

  private static void kill(Path folder) {
    try {
      if (Files.exists(folder.resolve(KILL))) {
        Files.writeString(folder.resolve(KILL), "1");
      } else {
        for (var pid : CgroupHost.text(folder.resolve(PROCESSES)).split("\n", -1)) {
          if (!pid.isEmpty()) {
            ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
          }
        }
      }
    } catch (IOException _) {
      // It is gone, with what was in it.
    }
  }

  /**
   * Ends what is still in it and removes it. What can't be removed within seconds, because the
   * kernel does not let go of it, stays.
   */
  void remove() {
    for (var place : folders) {
      boolean _ = clear(place.folder());
    }
  }

  /** Kills and removes one that a process has left which is gone; false if that fails. */
  static boolean clear(Path folder) {
    for (int i = 0; i < TRIES; i++) {
      if (remove(folder)) {
        return true;
      }
      kill(folder);
      try {
        // The kernel says nothing when the last of them is gone.
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return false;
  }

  private static boolean remove(Path folder) {
    try {
      return Files.deleteIfExists(folder) || !Files.exists(folder);
    } catch (IOException _) {
      // Somebody is in it still.
      return !Files.exists(folder);
    }
  }
}
