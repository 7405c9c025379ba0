package io.ironclaw.guest;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * One thread that looks at many connections four times a second and ends those whose guest is
 * overdue. It waits for nobody, so no guest can keep it from the others; and nobody who waits for a
 * guest has to look at a clock. Close it when the last connection has ended.
 */
public final class Watchdog implements AutoCloseable {
  private static final Duration TICK = Duration.ofMillis(250);

  /** A look that comes so late: this process was stopped, and its guests may have been as well. */
  private static final Duration STOPPED = Duration.ofSeconds(2);

  /** What everybody gets then, before being called overdue. */
  private static final Duration GRACE = Duration.ofSeconds(3);

  /** A host that is busy all the time must not switch the watchdog off. */
  private static final Duration BETWEEN_GRACES = Duration.ofSeconds(30);

  /** Something with deadlines. */
  interface Watched {
    /** Ends what is overdue; must not block. */
    void look(long now);
  }

  private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
  private final Thread thread =
      Thread.ofPlatform().daemon().name("guest-watchdog").start(this::run);
  private volatile boolean closed;

  void watch(Watched connection) {
    watched.add(connection);
  }

  void forget(Watched connection) {
    watched.remove(connection);
  }

  private void run() {
    long last = System.nanoTime();
    long graceSince = last - BETWEEN_GRACES.toNanos();
    while (!closed) {
      LockSupport.parkNanos(this, TICK.toNanos());
      long now = System.nanoTime();
      if (now - last >= STOPPED.toNanos() && now - graceSince >= BETWEEN_GRACES.toNanos()) {
        graceSince = now;
      }
      last = now;
      if (now - graceSince >= GRACE.toNanos()) {
        watched.forEach(connection -> connection.look(now));
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
