package io.ironclaw.vm;

import io.ironclaw.api.HostException;
import io.ironclaw.host.NamedLock;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.host.Removed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Removes the templates that were not used for longest. A template's last use is its folder's
 * modification time, which {@link #used} sets: access times are off on many hosts.
 *
 * <p>None is removed that is being built (its lock is held), that a running VM has in its memory,
 * or that was used in the last minute, as whoever did may be about to open it. Should its
 * hypervisor come later still, it finds no file and fails, and the sandbox asks for the template
 * again.
 */
final class OldTemplates {
  static final int KEPT = 8;

  private static final Duration JUST_USED = Duration.ofMinutes(1);

  /** Much longer than a build may take. */
  private static final Duration ABANDONED = Duration.ofHours(1);

  private static final Pattern TEMPLATE = Pattern.compile("[0-9a-f]{32}");
  private static final Pattern WORK = Pattern.compile("[0-9a-f]{32}\\.(building|removing|broken)");

  private final Path root;

  OldTemplates(Path root) {
    this.root = root;
  }

  private record Aged(Path dir, Instant used) {}

  /** Notes a use. */
  static void used(Path dir) throws IOException {
    Files.setLastModifiedTime(dir, FileTime.from(Instant.now()));
  }

  static Path lock(Path root, String key) {
    return root.resolve(key + ".lock");
  }

  /**
   * Removes what is too many, and what a builder that was killed left.
   *
   * @param always the name of a template that is never one too many
   */
  void prune(String always) throws IOException {
    clearAbandoned();
    var templates = folders(TEMPLATE);
    if (templates.size() <= KEPT) {
      return;
    }
    templates.sort(Comparator.comparing(Aged::used));
    var tooMany = templates.subList(0, templates.size() - KEPT);
    for (var old : unused(tooMany)) {
      if (!old.dir().endsWith(always)) {
        remove(old);
      }
    }
  }

  /** Removes unfinished and broken templates that nobody works on. */
  void clearAbandoned() throws IOException {
    var old = Instant.now().minus(ABANDONED);
    for (var work : abandoned(work -> work.used().isBefore(old))) {
      PrivateDir.deleteTree(work);
    }
  }

  /** The same, broken ones at once, and counted; and whole templates that nobody uses. */
  Removed clean(boolean templatesToo) throws IOException {
    var removed = Removed.NOTHING;
    for (var work : abandoned(work -> !isBuild(work.dir()))) {
      removed = removed.and(work);
      PrivateDir.deleteTree(work);
    }
    if (templatesToo) {
      for (var template : unused(folders(TEMPLATE))) {
        removed = removed.and(template.dir());
        remove(template);
      }
    }
    return removed;
  }

  /** What is not whole: builds that nobody works on, and what else {@code also} says. */
  private List<Path> abandoned(Predicate<Aged> also) throws IOException {
    var found = new ArrayList<Path>();
    for (var work : folders(WORK)) {
      if (also.test(work) || isAbandoned(work.dir())) {
        found.add(work.dir());
      }
    }
    return found;
  }

  /** Those that no running VM has in its memory, and that nobody is about to open. */
  private static List<Aged> unused(List<Aged> templates) throws IOException {
    var latest = Instant.now().minus(JUST_USED);
    var mapped = mapped();
    return templates.stream()
        .filter(template -> template.used().isBefore(latest))
        .filter(template -> !mapped.contains(memory(template.dir())))
        .toList();
  }

  /** Whether nobody builds it any more: then its lock can be had. */
  private boolean isAbandoned(Path building) throws IOException {
    if (!isBuild(building)) {
      return false;
    }
    String name = building.getFileName().toString();
    String key = name.substring(0, name.indexOf('.'));
    try (var lock = NamedLock.tryAcquire(lock(root, key), "clearing up").orElse(null)) {
      return lock != null;
    } catch (HostException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static boolean isBuild(Path work) {
    return work.toString().endsWith(".building");
  }

  private static String memory(Path dir) {
    return dir.resolve(Template.MEMORY_FILE).toAbsolutePath().toString();
  }

  private List<Aged> folders(Pattern name) throws IOException {
    var found = new ArrayList<Aged>();
    if (!Files.isDirectory(root)) {
      return found;
    }
    try (var entries =
        Files.newDirectoryStream(root, e -> name.matcher(e.getFileName().toString()).matches())) {
      for (var entry : entries) {
        if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          lastUse(entry, found);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return found;
  }

  private static void lastUse(Path dir, List<Aged> to) throws IOException {
    try {
      to.add(new Aged(dir, Files.getLastModifiedTime(dir).toInstant()));
    } catch (NoSuchFileException _) {
      // Another process removed it.
    }
  }

  private void remove(Aged old) throws IOException {
    String key = old.dir().getFileName().toString();
    try (var lock =
        NamedLock.tryAcquire(lock(root, key), "removing an old template").orElse(null)) {
      if (lock == null || !Files.getLastModifiedTime(old.dir()).toInstant().equals(old.used())) {
        return;
      }
      // In one step: whoever opens it finds both files or none.
      Path removing = root.resolve(key + ".removing");
      PrivateDir.deleteTree(removing);
      Files.move(old.dir(), removing, StandardCopyOption.ATOMIC_MOVE);
      PrivateDir.deleteTree(removing);
    } catch (NoSuchFileException _) {
      // Another process removed it.
    } catch (HostException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** The files that processes of this user have in their memory; others' can't be seen. */
  private static Set<String> mapped() throws IOException {
    try (var processes =
        Files.list(Path.of("/proc")).filter(p -> p.getFileName().toString().matches("[0-9]+"))) {
      return processes.flatMap(p -> maps(p).stream()).collect(Collectors.toSet());
    }
  }

  private static List<String> maps(Path process) {
    try {
      return Files.readAllLines(process.resolve("maps"), StandardCharsets.ISO_8859_1).stream()
          .filter(line -> line.endsWith("/" + Template.MEMORY_FILE))
          .map(line -> line.substring(line.indexOf('/')))
          .toList();
    } catch (IOException _) {
      // It ended, or belongs to somebody else, who can't open our templates.
      return List.of();
    }
  }
}
