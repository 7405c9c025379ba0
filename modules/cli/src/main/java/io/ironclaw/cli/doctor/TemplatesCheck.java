package io.ironclaw.cli.doctor;

import io.ironclaw.host.Removed;
import io.ironclaw.sandbox.Cleaning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

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
    var ready =
        Finding.ok(
            WHAT,
            count(templates(host), folder -> !isUnfinished(folder))
                + " ready; the cache takes "
                + size(cache)
                + " on disk");
    long left = leftovers(host);
    return left == 0
        ? List.of(ready)
        : List.of(
            ready,
            Finding.warning(
                "leftovers",
                left + " folders of runs that were killed",
                "the next VM removes most of them",
                "ironclaw prune"));
  }

  private static String size(Path cache) {
    try {
      return (Removed.bytesOf(cache) >> 20) + " MiB";
    } catch (IOException | java.io.UncheckedIOException _) {
      // Files come and go while VMs run.
      return "an unknown amount, as it changes";
    }
  }

  /** Folders that a build or a VM that was killed has left. */
  private static long leftovers(HostView host) {
    return count(templates(host), TemplatesCheck::isUnfinished)
        + Cleaning.leftOver(host.settings().runtimeDir());
  }

  private static Path templates(HostView host) {
    return host.settings().stateDir().resolve("templates");
  }

  private static boolean isUnfinished(Path template) {
    return template.getFileName().toString().indexOf('.') >= 0;
  }

  private static long count(Path folder, Predicate<Path> which) {
    try (var entries = Files.list(folder)) {
      return entries.filter(Files::isDirectory).filter(which).count();
    } catch (IOException _) {
      return 0;
    }
  }
}
