package io.ironclaw.host;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/** A folder of bounded logs, bounded itself: the newest stay. */
final class LogFolder {
  private LogFolder() {}

  private record Aged(Path log, FileTime written) {}

  /** Removes all but the {@code most} logs that were written last, each with its older half. */
  static void prune(Path folder, int most) throws IOException {
    var logs = new TreeSet<Path>();
    try (var files = Files.newDirectoryStream(folder, "*.{log,log.1}")) {
      for (var file : files) {
        String name = file.getFileName().toString();
        logs.add(name.endsWith(".1") ? BoundedLog.newerHalf(file) : file);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    if (logs.size() <= most) {
      return;
    }
    var aged = new ArrayList<Aged>();
    for (var log : logs) {
      aged.add(new Aged(log, written(log)));
    }
    aged.sort(Comparator.comparing(Aged::written));
    List<Aged> old = aged.subList(0, aged.size() - most);
    for (var log : old) {
      Files.deleteIfExists(log.log());
      Files.deleteIfExists(BoundedLog.olderHalf(log.log()));
    }
  }

  private static FileTime written(Path log) throws IOException {
    for (var half : List.of(log, BoundedLog.olderHalf(log))) {
      try {
        return Files.getLastModifiedTime(half);
      } catch (java.nio.file.NoSuchFileException _) {
        // It has its other half, or somebody else was faster.
      }
    }
    return FileTime.fromMillis(0);
  }
}
