package io.ironclaw.audit;

import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Takes floods together: of entries that are the same but for their time, the first passes at once,
 * and those of the second that follows as one, with their number. Bounded: what finds no place
 * passes as it is. Not safe for several threads.
 */
final class Folding {
  /** Different entries of one second that are looked at. */
  static final int MOST = 1_024;

  static final long WINDOW_NANOS = 1_000_000_000;

  /** What makes two entries the same. */
  private record Same(Encoded first) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Same same
          && same.first.kind() == first.kind()
          && Arrays.equals(same.first.data(), first.data());
    }

    @Override
    public int hashCode() {
      return 31 * first.kind().hashCode() + Arrays.hashCode(first.data());
    }
  }

  private static final class Repeated {
    private final long since;
    private long times;
    private Instant last = Instant.EPOCH;

    Repeated(long since) {
      this.since = since;
    }
  }

  /** The one that began first is first. */
  private final Map<Same, Repeated> known = new LinkedHashMap<>();

  private final Consumer<Encoded> next;

  /**
   * @param next takes what passes
   */
  Folding(Consumer<Encoded> next) {
    this.next = next;
  }

  /**
   * Takes an entry.
   *
   * @param now of a clock that does not jump, in nanoseconds
   */
  void take(Encoded entry, long now) {
    expire(now);
    var same = new Same(entry);
    var repeated = known.get(same);
    if (repeated != null) {
      repeated.times += entry.times();
      repeated.last = entry.at();
      return;
    }
    if (known.size() < MOST) {
      known.put(same, new Repeated(now));
    }
    next.accept(entry);
  }

  /** Passes on what was taken together for a second. */
  void expire(long now) {
    for (var each = known.entrySet().iterator(); each.hasNext(); ) {
      var entry = each.next();
      var repeated = entry.getValue();
      if (now - repeated.since < WINDOW_NANOS) {
        return;
      }
      each.remove();
      pass(entry.getKey(), repeated);
    }
  }

  /** Passes on everything. */
  void flush() {
    known.forEach(this::pass);
    known.clear();
  }

  private void pass(Same same, Repeated repeated) {
    if (repeated.times > 0) {
      next.accept(same.first().times(repeated.last, repeated.times));
    }
  }
}
