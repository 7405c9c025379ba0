package io.ironclaw.api;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A watcher of events with its own bounded queue and thread; the thread starts with the first
 * event. A watcher that throws is not called again. Safe for many threads.
 */
public final class Subscription implements AutoCloseable {
  /** Events that wait for the watcher at most. */
  public static final int MOST_WAITING = 1_024;

  private static final Duration LAST = Duration.ofSeconds(1);

  private final Consumer<Event> watcher;
  private final Consumer<Subscription> onClose;
  private final ArrayDeque<Event> queue = new ArrayDeque<>();
  private Optional<Thread> worker = Optional.empty();
  private boolean busy;
  private boolean closed;
  private long dropped;

  Subscription(Consumer<Event> watcher, Consumer<Subscription> onClose) {
    this.watcher = watcher;
    this.onClose = onClose;
  }

  synchronized void offer(Event event) {
    if (closed) {
      return;
    }
    if (queue.size() == MOST_WAITING) {
      dropped++;
      return;
    }
    queue.add(event);
    if (worker.isEmpty()) {
      worker = Optional.of(Thread.ofPlatform().daemon().name("events").start(this::run));
    }
    notifyAll();
  }

  private void run() {
    try {
      for (var event = next(); event.isPresent(); event = next()) {
        watcher.accept(event.get());
      }
    } finally {
      end();
    }
  }

  /** The next event; empty when it is closed and nothing is left. */
  private synchronized Optional<Event> next() {
    busy = false;
    notifyAll();
    while (queue.isEmpty() && !closed) {
      try {
        wait();
      } catch (InterruptedException _) {
        // A watcher interrupted its own thread, which has another end: being closed.
      }
    }
    busy = !queue.isEmpty();
    return Optional.ofNullable(queue.poll());
  }

  private void end() {
    onClose.accept(this);
    synchronized (this) {
      closed = true;
      busy = false;
      queue.clear();
      notifyAll();
    }
  }

  /** Events that were lost because too many waited. */
  public synchronized long dropped() {
    return dropped;
  }

  /**
   * Waits until the watcher has seen all that was published before.
   *
   * @return false if that took longer than {@code limit}
   */
  public synchronized boolean drain(Duration limit) throws InterruptedException {
    if (worker.filter(Thread.currentThread()::equals).isPresent()) {
      // The watcher itself: what waits for it can't be waited for.
      return queue.isEmpty();
    }
    long end = System.nanoTime() + limit.toNanos();
    for (long left = end - System.nanoTime();
        (busy || !queue.isEmpty()) && left > 0;
        left = end - System.nanoTime()) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return !busy && queue.isEmpty();
  }

  /** Ends it when the watcher has seen what waits, but waits for that no longer than a second. */
  @Override
  public void close() {
    onClose.accept(this);
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    try {
      boolean _ = drain(LAST);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
