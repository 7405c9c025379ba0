package io.ironclaw.api;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Event> queue = new ArrayDeque<>();
  private Optional<Thread> worker = Optional.empty();
  private boolean busy;
  private boolean closed;
  private long dropped;

  Subscription(Consumer<Event> watcher, Consumer<Subscription> onClose) {
    this.watcher = watcher;
    this.onClose = onClose;
  }

  void offer(Event event) {
    lock.lock();
    try {
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
      changed.signalAll();
    } finally {
      lock.unlock();
    }
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
  private Optional<Event> next() {
    lock.lock();
    try {
      busy = false;
      changed.signalAll();
      while (queue.isEmpty() && !closed) {
        changed.awaitUninterruptibly();
      }
      busy = !queue.isEmpty();
      return Optional.ofNullable(queue.poll());
    } finally {
      lock.unlock();
    }
  }

  private void end() {
    onClose.accept(this);
    lock.lock();
    try {
      closed = true;
      busy = false;
      queue.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Events that were lost because too many waited. */
  public long dropped() {
    lock.lock();
    try {
      return dropped;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until the watcher has seen all that was published before.
   *
   * @return false if that took longer than {@code limit}
   */
  public boolean drain(Duration limit) throws InterruptedException {
    long left = limit.toNanos();
    lock.lockInterruptibly();
    try {
      if (worker.filter(Thread.currentThread()::equals).isPresent()) {
        // The watcher itself: what waits for it can't be waited for.
        return queue.isEmpty();
      }
      while ((busy || !queue.isEmpty()) && left > 0) {
        left = changed.awaitNanos(left);
      }
      return !busy && queue.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Ends it when the watcher has seen what waits, but waits for that no longer than a second. */
  @Override
  public void close() {
    onClose.accept(this);
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      boolean _ = drain(LAST);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
