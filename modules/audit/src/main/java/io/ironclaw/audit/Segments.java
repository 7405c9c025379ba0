package io.ironclaw.audit;

import io.ironclaw.api.HostException;
import io.ironclaw.host.NamedLock;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The files of a log: each has a number, one more than that before it.
 *
 * @param folder that they are in
 */
record Segments(Path folder) {
  private static final Pattern NAME = Pattern.compile("([0-9]{8,18})\\.jsonl");

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  Path path(long number) {
    return folder.resolve("%08d.jsonl".formatted(number));
  }

  /** Those that are there, the oldest first; none if there is no folder. */
  List<Long> numbers() throws IOException {
    var numbers = new ArrayList<Long>();
    try (var files = Files.newDirectoryStream(folder)) {
      for (var file : files) {
        var name = NAME.matcher(file.getFileName().toString());
        if (name.matches()) {
          numbers.add(Long.parseLong(name.group(1)));
        }
      }
    } catch (NoSuchFileException _) {
      return List.of();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    numbers.sort(null);
    return numbers;
  }

  /** What all of them take. */
  long bytes() throws IOException {
    long bytes = 0;
    for (long number : numbers()) {
      try {
        bytes += Files.size(path(number));
      } catch (NoSuchFileException _) {
        // Another process has removed it.
      }
    }
    return bytes;
  }

  /** What whoever writes holds. */
  Path lockFile() {
    return folder.resolve("lock");
  }

  /**
   * Waits until nobody writes.
   *
   * @param purpose for those who wait
   */
  NamedLock lock(String purpose) throws HostException, InterruptedException {
    return NamedLock.acquire(lockFile(), purpose, PATIENCE, _ -> {});
  }
}
