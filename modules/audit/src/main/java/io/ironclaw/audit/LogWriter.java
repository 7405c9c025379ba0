package io.ironclaw.audit;

import io.ironclaw.api.AuditKind;
import io.ironclaw.api.HostException;
import io.ironclaw.host.IoThread;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Writes entries to the log, beside those who make them: they wait for it only where it is so set.
 * What waits is bounded, and what finds no place is counted by kind and entered as that number.
 * Safe for many threads.
 */
final class LogWriter implements AutoCloseable {
  /** Entries that wait; a quarter of it is for security kinds alone. */
  static final int MOST_WAITING = 16_384;

  /** And their bytes, of the same shares. */
  static final long MOST_WAITING_BYTES = 8L << 20;

  private static final int MOST_BATCH = 2_048;

  /** So that a batch is one write. */
  private static final long MOST_BATCH_BYTES = 256 << 10;

  /** The first after a failure: there may be room for some of what waits. */
  private static final int SMALL_BATCH = 16;

  private static final Duration TICK = Duration.ofSeconds(1);

  /** While nothing happens, nothing is looked at. */
  private static final Duration LONGEST_CALM = Duration.ofHours(1);

  /** Signed so often, while there is something to sign. */
  private static final Duration SIGNED_EVERY = Duration.ofSeconds(60);

  /** What an entry that must be waited for is waited for; then it counts as not written. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(15);

  private final AuditSettings settings;
  private final Clock clock;
  private final Log log;
  private final Runnable tick;
  private final Consumer<String> failing;
  private final Budget security = new Budget();
  private final Budget other = new Budget();

  private final ArrayDeque<Encoded> queue = new ArrayDeque<>();
  private long queueBytes;
  private int mostBatch = MOST_BATCH;
  private Map<AuditKind, Long> lost = new EnumMap<>(AuditKind.class);
  private long offered;
  private long written;
  private long passedAt = System.nanoTime();
  private Optional<String> failure = Optional.empty();
  private Optional<Thread> thread = Optional.empty();
  private boolean closed;
  private boolean ended;

  /** Whether something was written that the disk may not have; for the writing thread alone. */
  private boolean unforced;

  /** Whether it was told that nothing can be signed; for the writing thread alone. */
  private boolean isSigningTold;

  /** When the disk was last made to have it; for the writing thread alone. */
  private long forcedAt = System.nanoTime();

  /**
   * Entries of one class that go to the log in a second: more would make the log forget in minutes
   * what it should keep for weeks.
   */
  private static final class Budget {
    private static final double A_SECOND = 1_000;
    private static final double MOST = 10_000;
    private double left = MOST;
    private long at = System.nanoTime();

    boolean take() {
      long now = System.nanoTime();
      left = Math.min(MOST, left + (now - at) / 1e9 * A_SECOND);
      at = now;
      if (left < 1) {
        return false;
      }
      left--;
      return true;
    }
  }

  /**
   * @param tick called about once a second while something happens
   * @param failing told when the log can't be written, and when it can be again
   */
  LogWriter(AuditSettings settings, Clock clock, Runnable tick, Consumer<String> failing) {
    this.settings = settings;
    this.clock = clock;
    this.tick = tick;
    this.failing = failing;
    log = new Log(settings, clock);
  }

  /** Whether whoever makes an entry waits until it is written. */
  private boolean isWaitedFor() {
    return settings.fsync() == AuditSettings.Fsync.EVERY
        || settings.whenFull() == AuditSettings.WhenFull.STOP;
  }

  /**
   * Takes an entry, or counts it as lost.
   *
   * @return what {@link #await} waits for
   */
  synchronized long offer(Encoded entry) {
    passedAt = System.nanoTime();
    boolean isSecurity = entry.kind().isSecurity();
    int share = isSecurity ? 4 : 3;
    boolean fits =
        queue.size() < MOST_WAITING / 4 * share
            && queueBytes + entry.bytes() <= MOST_WAITING_BYTES / 4 * share
            && (isWaitedFor() || (isSecurity ? security : other).take());
    if (closed || !fits) {
      lost.merge(entry.kind(), entry.times(), Long::sum);
      return written;
    }
    queue.add(entry);
    queueBytes += entry.bytes();
    offered++;
    if (thread.isEmpty()) {
      thread = Optional.of(IoThread.start("audit", this::run));
    }
    notifyAll();
    return offered;
  }

  /** Waits until what was offered is written, if it is so set. */
  synchronized void await(long ticket) {
    if (!isWaitedFor() || thread.filter(Thread.currentThread()::equals).isPresent()) {
      return;
    }
    long end = System.nanoTime() + LONGEST_WAIT.toNanos();
    boolean interrupted = false;
    while (written < ticket && failure.isEmpty() && !ended) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        failure = Optional.of("it takes longer than " + LONGEST_WAIT.toSeconds() + " s");
        break;
      }
      try {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Why it can't be written now; empty if it can. */
  synchronized Optional<String> failure() {
    return failure;
  }

  private void run() {
    try {
      while (isWorkLeft()) {
        tick.run();
        write(false);
      }
      write(true);
    } catch (InterruptedException _) {
      // Nobody interrupts this thread but the end of the process.
    } finally {
      log.close();
      synchronized (this) {
        ended = true;
        notifyAll();
      }
    }
  }

  /** Waits for entries, or for the time to do what is due; false when it is closed. */
  private synchronized boolean isWorkLeft() throws InterruptedException {
    boolean isCalm = System.nanoTime() - passedAt > 2 * TICK.toNanos();
    if (failure.isPresent() && !closed) {
      // Not tried again at once.
      TimeUnit.NANOSECONDS.timedWait(this, TICK.toNanos());
    } else if (queue.isEmpty() && !closed) {
      boolean isDone = isCalm && lost.isEmpty() && !unforced && !log.isUnsigned(Duration.ZERO);
      TimeUnit.NANOSECONDS.timedWait(this, (isDone ? LONGEST_CALM : TICK).toNanos());
    }
    return !closed;
  }

  /** What is written next. */
  private record Batch(
      List<Encoded> entries, long bytes, boolean whole, Map<AuditKind, Long> lost) {}

  private synchronized Batch batch() {
    var entries = new ArrayList<Encoded>();
    long bytes = 0;
    // They stay in the queue until they are written.
    for (var entry : queue) {
      if (entries.size() == mostBatch || bytes > MOST_BATCH_BYTES) {
        break;
      }
      entries.add(entry);
      bytes += entry.bytes();
    }
    var dropped = lost;
    lost = new EnumMap<>(AuditKind.class);
    return new Batch(entries, bytes, entries.size() == queue.size(), dropped);
  }

  private void write(boolean last) throws InterruptedException {
    boolean more = true;
    while (more) {
      var batch = batch();
      var entries = new ArrayList<>(batch.entries());
      if (!batch.lost().isEmpty()) {
        entries.add(lost(batch.lost()));
      }
      more = attempt(batch, entries, last) && isQueued();
    }
  }

  private synchronized boolean isQueued() {
    return !queue.isEmpty();
  }

  private Encoded lost(Map<AuditKind, Long> kinds) {
    long all = kinds.values().stream().mapToLong(Long::longValue).sum();
    var each = kinds.entrySet().stream().map(e -> e.getKey() + ": " + e.getValue()).toList();
    return Encoded.of(
        new Data()
            .text("what", "entries were lost: there were too many, or they could not be written")
            .number("entries", all)
            .list("kinds", each)
            .entry(AuditKind.DROPPED, clock.instant()));
  }

  /** Whether it could be written. */
  private boolean attempt(Batch batch, List<Encoded> entries, boolean last)
      throws InterruptedException {
    try {
      var sign =
          last && batch.whole()
              ? Optional.of("end of process")
              : log.isUnsigned(SIGNED_EVERY) ? Optional.of("time") : Optional.<String>empty();
      if (!entries.isEmpty() || sign.isPresent()) {
        signed(log.append(entries, sign));
        unforced = true;
      }
      force(last);
      wrote(batch);
      anchor();
      return true;
    } catch (IOException e) {
      failed(batch, PrivateDir.reason(e));
    } catch (HostException e) {
      failed(batch, String.valueOf(e.getMessage()));
    }
    return false;
  }

  /** What is written and can't be signed is told, and signed when it can be. */
  private void signed(Optional<String> unsigned) {
    if (unsigned.isPresent() && !isSigningTold) {
      failing.accept("the audit is written, and can't be signed: " + unsigned.get());
    }
    isSigningTold = unsigned.isPresent();
  }

  private void force(boolean last) throws IOException {
    boolean due =
        switch (settings.fsync()) {
          case EVERY -> true;
          case INTERVAL -> last || System.nanoTime() - forcedAt >= TICK.toNanos();
          case NONE -> false;
        };
    if (unforced && due) {
      log.force();
      forcedAt = System.nanoTime();
    }
    if (due || settings.fsync() == AuditSettings.Fsync.NONE) {
      unforced = false;
    }
  }

  private void wrote(Batch batch) {
    boolean again;
    synchronized (this) {
      for (int i = 0; i < batch.entries().size(); i++) {
        queue.remove();
      }
      queueBytes -= batch.bytes();
      mostBatch = Math.min(MOST_BATCH, 4 * mostBatch);
      written += batch.entries().size();
      again = failure.isPresent();
      failure = Optional.empty();
      notifyAll();
    }
    if (again) {
      failing.accept("the audit is written again");
    }
  }

  private void failed(Batch batch, String why) {
    boolean first;
    synchronized (this) {
      batch.lost().forEach((kind, times) -> lost.merge(kind, times, Long::sum));
      mostBatch = SMALL_BATCH;
      first = failure.isEmpty();
      failure = Optional.of(why);
      notifyAll();
    }
    if (first) {
      failing.accept(
          "the audit can't be written: "
              + why
              + (settings.whenFull() == AuditSettings.WhenFull.STOP
                  ? "; nothing is begun until it can be"
                  : "; work goes on, and what is lost is counted (IRONCLAW_AUDIT names another"
                      + " folder, or off)"));
    }
  }

  private void anchor() throws InterruptedException {
    for (byte[] checkpoint : log.checkpoints()) {
      for (var anchor : settings.anchors()) {
        try {
          anchor.take(checkpoint);
        } catch (IOException e) {
          failing.accept(
              "a checkpoint of the audit could not be given to "
                  + anchor
                  + ": "
                  + PrivateDir.reason(e));
        }
      }
    }
  }

  /** How many entries were lost that no log has; those that still wait are among them. */
  synchronized long unwritten() {
    return queue.size() + lost.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Writes what waits, signs it, and ends; waits for that no longer than {@code limit}. */
  void close(Duration limit) {
    Optional<Thread> running;
    synchronized (this) {
      closed = true;
      running = thread;
      notifyAll();
    }
    try {
      if (running.isPresent()) {
        boolean _ = running.get().join(limit);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    close(Duration.ofSeconds(5));
  }
}
