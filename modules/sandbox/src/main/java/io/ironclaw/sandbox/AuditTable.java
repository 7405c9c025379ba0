package io.ironclaw.sandbox;

import io.ironclaw.audit.Anchor;
import io.ironclaw.audit.AuditSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/**
 * The table {@code audit} of a configuration. Where there is one, there is an audit.
 *
 * @param isDemanded whether there is a table
 * @param folder of the log; it counts more than the environment's
 * @param key folder of the key, as well
 */
record AuditTable(
    boolean isDemanded,
    Optional<Path> folder,
    Optional<Path> key,
    AuditSettings.Fsync fsync,
    AuditSettings.WhenFull full,
    long sizeMib,
    long fileMib,
    long memoryEntries,
    List<Anchor> anchors) {
  static final List<String> KEYS =
      List.of(
          "folder", "key", "fsync", "full", "size_mib", "file_mib", "memory_entries", "anchors");

  static final AuditTable NONE =
      new AuditTable(
          false,
          Optional.empty(),
          Optional.empty(),
          AuditSettings.Fsync.INTERVAL,
          AuditSettings.WhenFull.GO_ON,
          AuditSettings.MOST_BYTES >> 20,
          AuditSettings.SEGMENT_BYTES >> 20,
          AuditSettings.MEMORY_ENTRIES,
          List.of());

  private static final Map<String, AuditSettings.Fsync> FSYNC =
      Map.of(
          "every", AuditSettings.Fsync.EVERY,
          "interval", AuditSettings.Fsync.INTERVAL,
          "none", AuditSettings.Fsync.NONE);

  private static final Map<String, AuditSettings.WhenFull> FULL =
      Map.of("stop", AuditSettings.WhenFull.STOP, "go-on", AuditSettings.WhenFull.GO_ON);

  private static final long MOST_MIB = 1 << 20;

  AuditTable {
    anchors = List.copyOf(anchors);
  }

  /**
   * @throws IllegalArgumentException if a value can't be
   */
  static AuditTable of(JsonNode table) {
    var read =
        new AuditTable(
            true,
            folder(table, "folder"),
            folder(table, "key"),
            choice(table, "fsync", FSYNC).orElse(NONE.fsync),
            choice(table, "full", FULL).orElse(NONE.full),
            number(table, "size_mib").orElse(NONE.sizeMib),
            number(table, "file_mib").orElse(NONE.fileMib),
            number(table, "memory_entries").orElse(NONE.memoryEntries),
            anchors(table));
    // Its bounds are wrong now, or never.
    var _ = read.settings(Path.of("/"), Path.of("/"));
    return read;
  }

  /** With the folders that are meant where it names none. */
  AuditSettings settings(Path usualFolder, Path usualKey) {
    return new AuditSettings(
        folder.orElse(usualFolder),
        key.orElse(usualKey),
        fsync,
        full,
        fileMib << 20,
        sizeMib << 20,
        (int) memoryEntries,
        anchors);
  }

  private static Optional<String> text(JsonNode table, String key) {
    var value = Optional.ofNullable(table.get(key));
    if (value.isPresent() && !value.get().isString()) {
      throw new IllegalArgumentException(key + " is no text: write it in quotes");
    }
    return value.map(JsonNode::stringValue);
  }

  private static Optional<Path> folder(JsonNode table, String key) {
    var folder = text(table, key).map(Path::of);
    if (folder.isPresent() && !folder.get().isAbsolute()) {
      throw new IllegalArgumentException(
          key + " = " + folder.get() + " is relative: use an absolute path");
    }
    return folder;
  }

  private static <T> Optional<T> choice(JsonNode table, String key, Map<String, T> values) {
    var given = text(table, key);
    var chosen = given.flatMap(value -> Optional.ofNullable(values.get(value)));
    if (given.isPresent() && chosen.isEmpty()) {
      throw new IllegalArgumentException(
          key
              + " = "
              + given.get()
              + " is not known: use "
              + String.join(" or ", new TreeSet<>(values.keySet())));
    }
    return chosen;
  }

  private static Optional<Long> number(JsonNode table, String key) {
    var value = Optional.ofNullable(table.get(key));
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (!value.get().isIntegralNumber()
        || !value.get().canConvertToLong()
        || value.get().longValue() < 1
        || value.get().longValue() > MOST_MIB) {
      throw new IllegalArgumentException(key + ": use a whole number, 1 to " + MOST_MIB);
    }
    return Optional.of(value.get().longValue());
  }

  private static List<Anchor> anchors(JsonNode table) {
    var anchors = new ArrayList<Anchor>();
    var list = Optional.ofNullable(table.get("anchors"));
    if (list.isPresent()) {
      if (!list.get().isArray()) {
        throw new IllegalArgumentException("anchors is no list: write [\"syslog\"]");
      }
      for (var item : list.get()) {
        if (!item.isString()) {
          throw new IllegalArgumentException("anchors has what is no text");
        }
        anchors.add(Anchor.parse(item.stringValue()));
      }
    }
    return anchors;
  }
}
