package io.ironclaw.audit;

import io.ironclaw.api.AuditKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The newest entries, bounded in number and in bytes. Those of a security kind have a quarter of it
 * for themselves, so that noise displaces none. What falls out is counted by kind. Not safe for
 * several threads.
 */
final class Ring {
  private static final int SECURITY_SHARE = 4;

  private record Place(long number, Encoded entry) {}

  /** One of the two shares. */
  private static final class Share {
    private final ArrayDeque<Place> places = new ArrayDeque<>();
    private final int mostEntries;
    private final long mostBytes;
    private long bytes;

    Share(int mostEntries, long mostBytes) {
      this.mostEntries = mostEntries;
      this.mostBytes = mostBytes;
    }
  }

  private final Share security;
  private final Share other;
  private final Map<AuditKind, Long> dropped = new EnumMap<>(AuditKind.class);
  private long count;

  Ring(int mostEntries, long mostBytes) {
    if (mostEntries < SECURITY_SHARE || mostBytes < 1) {
      throw new IllegalArgumentException("a ring of " + mostEntries + " entries");
    }
    int mine = mostEntries / SECURITY_SHARE;
    long mineBytes = mostBytes / SECURITY_SHARE;
    security = new Share(mine, mineBytes);
    other = new Share(mostEntries - mine, mostBytes - mineBytes);
  }

  void add(Encoded entry) {
    var share = entry.kind().isSecurity() ? security : other;
    share.places.add(new Place(count++, entry));
    share.bytes += entry.bytes();
    while (share.places.size() > share.mostEntries
        || share.bytes > share.mostBytes && share.places.size() > 1) {
      var oldest = share.places.remove().entry();
      share.bytes -= oldest.bytes();
      dropped.merge(oldest.kind(), 1L, Long::sum);
    }
  }

  /** What is there, the oldest first. */
  List<Encoded> entries() {
    var all = new ArrayList<Place>(security.places.size() + other.places.size());
    all.addAll(security.places);
    all.addAll(other.places);
    all.sort(java.util.Comparator.comparingLong(Place::number));
    return all.stream().map(Place::entry).toList();
  }

  Map<AuditKind, Long> dropped() {
    return Map.copyOf(dropped);
  }
}
