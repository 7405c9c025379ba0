package io.ironclaw.vm.firecracker;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.jail.JailUids;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** What machines leave on the host while they are there, and must not when they are gone. */
record Traces(TreeSet<String> found) {
  private static final Path STAGE = Path.of("/run/ironclaw/stage");

  static Traces now() throws Exception {
    var found = new TreeSet<String>();
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (var process : processes) {
        try {
          int uid = (Integer) Files.getAttribute(process, "unix:uid");
          String command =
              new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.UTF_8);
          if (uid >= JailUids.DEFAULT.first() && uid <= JailUids.DEFAULT.last()
              || command.contains("jail-init")) {
            found.add("process " + process + " " + command.replace('\0', ' '));
          }
        } catch (IOException _) {
          // It has ended.
        }
      }
    }
    for (var group : groups(Path.of("/sys/fs/cgroup"), 3)) {
      found.add("group " + group);
    }
    if (Files.exists(STAGE)) {
      try (var left = Files.list(STAGE)) {
        left.forEach(file -> found.add("file " + file));
      }
    }
    found.addAll(
        Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
            .filter(line -> line.contains("/run/ironclaw"))
            .map(line -> "mount " + line)
            .toList());
    return new Traces(found);
  }

  private static List<Path> groups(Path folder, int depth) throws IOException {
    var found = new ArrayList<Path>();
    try (var folders = Files.newDirectoryStream(folder, Files::isDirectory)) {
      for (var inner : folders) {
        if (inner.getFileName().toString().matches("ironclaw-[0-9a-f]{16}")) {
          found.add(inner);
        } else if (depth > 0) {
          found.addAll(groups(inner, depth - 1));
        }
      }
    } catch (NoSuchFileException _) {
      // Removed just now.
    }
    return found;
  }

  void assertNoMore() throws Exception {
    var more = now().found();
    more.removeAll(found);
    assertThat(more).isEmpty();
  }
}
