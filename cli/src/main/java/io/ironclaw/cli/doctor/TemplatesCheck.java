package io.ironclaw.cli.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** What is in the cache: templates that VMs are cloned from, and how much room all of it takes. */
final class TemplatesCheck implements Check {
  private static final String WHAT = "templates";

  @Override
  public List<Finding> examine(HostView host) {
    if (!host.settings().templates()) {
      return List.of(
          Finding.warning(
              WHAT,
              "switched off by IRONCLAW_TEMPLATES=off",
              "every VM boots from its kernel: seconds in place of milliseconds",
              "unset IRONCLAW_TEMPLATES"));
    }
    Path cache = host.settings().cacheDir();
    return List.of(
        Finding.ok(
            WHAT, count(cache.resolve("templates")) + " ready; the cache takes " + size(cache)));
  }

  private static long count(Path templates) {
    try (var folders = Files.list(templates)) {
      return folders
          .filter(Files::isDirectory)
          .filter(folder -> folder.getFileName().toString().indexOf('.') < 0)
          .count();
    } catch (IOException _) {
      return 0;
    }
  }

  private static String size(Path cache) {
    var bytes = new AtomicLong();
    try (var files = Files.walk(cache)) {
      files.forEach(file -> bytes.addAndGet(sizeOf(file)));
    } catch (IOException | java.io.UncheckedIOException _) {
      // Files come and go while VMs run; what was seen is what is said.
    }
    return (bytes.get() >> 20) + " MiB";
  }

  private static long sizeOf(Path file) {
    try {
      return Files.isRegularFile(file, java.nio.file.LinkOption.NOFOLLOW_LINKS)
          ? Files.size(file)
          : 0;
    } catch (IOException _) {
      return 0;
    }
  }
}
