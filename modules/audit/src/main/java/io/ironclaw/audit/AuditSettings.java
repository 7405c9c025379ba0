package io.ironclaw.audit;

import java.nio.file.Path;
import java.util.List;

/**
 * How an audit is kept.
 *
 * @param folder of the log's files
 * @param keyFolder of the key that signs, and of what was signed last
 * @param fsync when the disk has what was written
 * @param whenFull what happens when the log can't be written
 * @param segmentBytes after which a file is followed by another
 * @param mostBytes of all files together, at least twice as many: the oldest go
 * @param memoryEntries that the ring in memory holds at most; in no more than 8 MiB
 * @param anchors that checkpoints are given to, too
 */
public record AuditSettings(
    Path folder,
    Path keyFolder,
    Fsync fsync,
    WhenFull whenFull,
    long segmentBytes,
    long mostBytes,
    int memoryEntries,
    List<Anchor> anchors) {
  /** Entries in memory, unless chosen. */
  public static final int MEMORY_ENTRIES = 10_000;

  private static final int LEAST_ENTRIES = 100;
  private static final int MOST_ENTRIES = 1_000_000;
  public static final long SEGMENT_BYTES = 16L << 20;
  public static final long MOST_BYTES = 256L << 20;
  private static final long SMALLEST = 64L << 10;

  /** When what was written is on the disk, so that it survives the host's crash. */
  public enum Fsync {
    /** Before whatever the entry is about goes on. */
    EVERY,
    /** A second later at the latest, and at the end of the process. */
    INTERVAL,
    /** When the kernel likes; it survives the process's crash all the same. */
    NONE
  }

  /** What happens when the log can't be written, as on a full disk. */
  public enum WhenFull {
    /** No VM is started, no command, no copy of a file, until it can be. */
    STOP,
    /** Work goes on, what is not entered is counted, and the number entered when it can be. */
    GO_ON
  }

  /**
   * @throws IllegalArgumentException if a bound is too small
   */
  public AuditSettings {
    anchors = List.copyOf(anchors);
    if (segmentBytes < SMALLEST || mostBytes < 2 * segmentBytes) {
      throw new IllegalArgumentException(
          "an audit of %d bytes in files of %d: use files of at least %d, and at least twice that in all"
              .formatted(mostBytes, segmentBytes, SMALLEST));
    }
    if (memoryEntries < LEAST_ENTRIES || memoryEntries > MOST_ENTRIES) {
      throw new IllegalArgumentException(
          "%d entries of the audit in memory: use %d to %d"
              .formatted(memoryEntries, LEAST_ENTRIES, MOST_ENTRIES));
    }
  }

  /** One with the usual number of entries in memory. */
  public AuditSettings(
      Path folder,
      Path keyFolder,
      Fsync fsync,
      WhenFull whenFull,
      long segmentBytes,
      long mostBytes,
      List<Anchor> anchors) {
    this(folder, keyFolder, fsync, whenFull, segmentBytes, mostBytes, MEMORY_ENTRIES, anchors);
  }

  /** One of the usual bounds. */
  public static AuditSettings of(Path folder, Path keyFolder) {
    return new AuditSettings(
        folder, keyFolder, Fsync.INTERVAL, WhenFull.GO_ON, SEGMENT_BYTES, MOST_BYTES, List.of());
  }
}
