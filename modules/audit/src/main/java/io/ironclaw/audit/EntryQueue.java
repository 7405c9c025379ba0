package io.ironclaw.audit;

import io.ironclaw.api.AuditKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Entries that wait to be written, bounded in number and in bytes, with a quarter of both for
 * security kinds alone. What finds no place is counted by kind. Not safe for several threads.
 */
final class EntryQueue {
  /** Entries that wait at most. */
  static final int MOST = 16_384;

  /** And their bytes. */
  static final long MOST_BYTES = 8L << 20;

  private static final int QUARTERS = 4;
  private static final int MOST_BATCH = 2_048;

  /** The first after a failure: there may be room for some of what waits. */
  private static final int SMALL_BATCH = 16;

  /** So that a batch is one write. */
  private static final long MOST_BATCH_BYTES = 256 << 10;

  private final boolean limited;
  private final Budget security = new Budget();
  private final Budget other = new Budget();
  private final ArrayDeque<Encoded> waiting = new ArrayDeque<>();
  private Map<AuditKind, Long> lost = new EnumMap<>(AuditKind.class);
  private long bytes;
  private int mostBatch = MOST_BATCH;

  /**
   * Entries of one class that go to the log in a second: more would make the log forget in minutes
   * what it should keep for weeks.
   */
  private static final class Budget {
    private static final double A_SECOND = 1_000;
    private static final double AT_ONCE = 10_000;
    private double left = AT_ONCE;
    private long at = System.nanoTime();

    boolean take() {
      long now = System.nanoTime();
      left = Math.min(AT_ONCE, left + (now - at) / 1e9 * A_SECOND);
      at = now;
      if (left < 1) {
        return false;
      }
      left--;
      return true;
    }
  }

  /**
   * @param limited whether entries of a second are counted instead of kept when they are too many
   */
  EntryQueue(boolean limited) {
    this.limited = limited;
  }

  /** What is written next: it stays in the queue until it is {@link #written}. */
  record Batch(List<Encoded> entries, long bytes, boolean last, Map<AuditKind, Long> lost) {}

  /** Adds an entry; false if it is lost. */
  boolean add(Encoded entry) {
    boolean isSecurity = entry.kind().isSecurity();
    int share = isSecurity ? QUARTERS : QUARTERS - 1;
    boolean fits =
        waiting.size() < MOST / QUARTERS * share
            && bytes + entry.bytes() <= MOST_BYTES / QUARTERS * share
            && (!limited || (isSecurity ? security : other).take());
    if (!fits) {
      lost(entry);
      return false;
    }
    waiting.add(entry);
    bytes += entry.bytes();
    return true;
  }

  /** Counts an entry that nobody takes. */
  void lost(Encoded entry) {
    lost.merge(entry.kind(), entry.times(), Long::sum);
  }

  Batch batch() {
    var entries = new ArrayList<Encoded>();
    long size = 0;
    for (var entry : waiting) {
      if (entries.size() == mostBatch || size > MOST_BATCH_BYTES) {
        break;
      }
      entries.add(entry);
      size += entry.bytes();
    }
    var counted = lost;
    lost = new EnumMap<>(AuditKind.class);
    return new Batch(entries, size, entries.size() == waiting.size(), counted);
  }

  void written(Batch batch) {
    for (int i = 0; i < batch.entries().size(); i++) {
      waiting.remove();
    }
    bytes -= batch.bytes();
    mostBatch = Math.min(MOST_BATCH, QUARTERS * mostBatch);
  }

  /** Nothing of it was: it is tried again, with less. */
  void failed(Batch batch) {
    batch.lost().forEach((kind, times) -> lost.merge(kind, times, Long::sum));
    mostBatch = SMALL_BATCH;
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** Whether there are losses that no batch has. */
  boolean hasLosses() {
    return !lost.isEmpty();
  }

  /** Entries that no log has: those that wait, and those that are counted. */
  long unwritten() {
    return waiting.size() + lost.values().stream().mapToLong(Long::longValue).sum();
  }
}
