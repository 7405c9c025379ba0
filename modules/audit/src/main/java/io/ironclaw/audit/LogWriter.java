package io.ironclaw.audit;

import io.ironclaw.api.AuditKind;
import io.ironclaw.api.HostException;
import io.ironclaw.host.IoThread;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
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
  private static final Duration TICK = Duration.ofSeconds(1);

  /**
   * A process's first moments belong to the VM that it starts: loading what signs and writing would
   * take the processor from that.
   */
  private static final Duration UNTIL_FIRST = Duration.ofMillis(250);

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
  private final EntryQueue queue;
  private final Anchors anchors;
  private long offered;
  private long written;
  private long passedAt = System.nanoTime();
  private Optional<String> failure = Optional.empty();
  private Optional<Thread> thread = Optional.empty();
  private boolean closed;
  private boolean ended;

  /** Whether something was written that the disk may not have; for the writing thread alone. */
  private boolean unforced;

  /** Whether this process has signed; for the writing thread alone. */
  private boolean hasSigned;

  /** Whether it was told that nothing can be signed; for the writing thread alone. */
  private boolean isSigningTold;

  /** When the disk was last made to have it; for the writing thread alone. */
  private long forcedAt = System.nanoTime();

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
    queue = new EntryQueue(!isWaitedFor());
    anchors = new Anchors(settings.anchors(), failing);
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
    if (closed) {
      queue.lost(entry);
      return written;
    }
    if (!queue.add(entry)) {
      return written;
    }
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
      awaitFirst();
      while (isWorkLeft()) {
        tick.run();
        write(false);
      }
      write(true);
    } catch (InterruptedException _) {
      // Nobody interrupts this thread but the end of the process.
    } catch (RuntimeException | Error e) {
      // A defect of ours, or no memory: without this thread nothing is written, and that is told.
      ended("the audit's thread has ended: " + e);
    } finally {
      log.close();
      synchronized (this) {
        ended = true;
        notifyAll();
      }
    }
  }

  private synchronized void awaitFirst() throws InterruptedException {
    if (isWaitedFor()) {
      return;
    }
    long end = System.nanoTime() + UNTIL_FIRST.toNanos();
    for (long left = UNTIL_FIRST.toNanos(); left > 0 && !closed; left = end - System.nanoTime()) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }

  private void ended(String why) {
    synchronized (this) {
      failure = Optional.of(why);
      notifyAll();
    }
    failing.accept(why + "; start again, and please report it");
  }

  /** Waits for entries, or for the time to do what is due; false when it is closed. */
  private synchronized boolean isWorkLeft() throws InterruptedException {
    boolean isCalm = System.nanoTime() - passedAt > 2 * TICK.toNanos();
    if (failure.isPresent()) {
      // Not tried again at once, whatever comes meanwhile.
      long end = System.nanoTime() + TICK.toNanos();
      for (long left = TICK.toNanos(); left > 0 && !closed; left = end - System.nanoTime()) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    } else if (queue.isEmpty() && !closed) {
      boolean isDone = isCalm && !queue.hasLosses() && !unforced && !log.isUnsigned(Duration.ZERO);
      TimeUnit.NANOSECONDS.timedWait(this, (isDone ? LONGEST_CALM : TICK).toNanos());
    }
    return !closed;
  }

  private synchronized EntryQueue.Batch batch() {
    return queue.batch();
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

  /** Whether it could be written, and is on the disk if it must be. */
  private boolean attempt(EntryQueue.Batch batch, List<Encoded> entries, boolean last)
      throws InterruptedException {
    try {
      var sign = signing(last && batch.last());
      if (!entries.isEmpty() || sign.isPresent()) {
        signed(log.append(entries, sign));
        unforced = true;
      }
    } catch (IOException e) {
      failed(batch, PrivateDir.reason(e));
      return false;
    } catch (HostException e) {
      failed(batch, String.valueOf(e.getMessage()));
      return false;
    }
    anchors.give(log.checkpoints());
    return wrote(batch, forced(last));
  }

  /** Why what is written now is signed, if so. */
  private Optional<String> signing(boolean last) {
    if (last) {
      return Optional.of("end of process");
    }
    if (!hasSigned) {
      hasSigned = true;
      return Optional.of("begin of process");
    }
    return log.isUnsigned(SIGNED_EVERY) ? Optional.of("time") : Optional.empty();
  }

  /** What is written and can't be signed is told, and signed when it can be. */
  private void signed(Optional<String> unsigned) {
    if (unsigned.isPresent() && !isSigningTold) {
      failing.accept("the audit is written, and can't be signed: " + unsigned.get());
    }
    isSigningTold = unsigned.isPresent();
  }

  /** Has the disk have it, if that is due; why it has not. */
  private Optional<String> forced(boolean last) {
    boolean due =
        switch (settings.fsync()) {
          case EVERY -> true;
          case INTERVAL -> last || System.nanoTime() - forcedAt >= TICK.toNanos();
          case NONE -> false;
        };
    try {
      if (unforced && due) {
        log.force();
        forcedAt = System.nanoTime();
      }
    } catch (IOException e) {
      return Optional.of("the disk does not take it: " + PrivateDir.reason(e));
    }
    if (due || settings.fsync() == AuditSettings.Fsync.NONE) {
      unforced = false;
    }
    return Optional.empty();
  }

  /** It is in the log, and is not written again; false if the disk does not take it. */
  private boolean wrote(EntryQueue.Batch batch, Optional<String> unforcedFor) {
    boolean wasFailing;
    synchronized (this) {
      queue.written(batch);
      written += batch.entries().size();
      wasFailing = failure.isPresent();
      failure = unforcedFor;
      notifyAll();
    }
    if (unforcedFor.isPresent() && !wasFailing) {
      tell(unforcedFor.get());
    } else if (unforcedFor.isEmpty() && wasFailing) {
      failing.accept("the audit is written again");
    }
    return unforcedFor.isEmpty();
  }

  private void failed(EntryQueue.Batch batch, String why) {
    boolean first;
    synchronized (this) {
      queue.failed(batch);
      first = failure.isEmpty();
      failure = Optional.of(why);
      notifyAll();
    }
    if (first) {
      tell(why);
    }
  }

  private void tell(String why) {
    failing.accept(
        "the audit can't be written: "
            + why
            + (settings.whenFull() == AuditSettings.WhenFull.STOP
                ? "; nothing is begun until it can be"
                : "; work goes on, and what is lost is counted (IRONCLAW_AUDIT names another"
                    + " folder, or off)"));
  }

  /** How many entries were lost that no log has; those that still wait are among them. */
  synchronized long unwritten() {
    return queue.unwritten();
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
      anchors.close(limit);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    close(Duration.ofSeconds(5));
  }
}
