package io.ironclaw.mcp;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** A tool call that is running. Safe for many threads. */
final class ActiveCall implements AutoCloseable {
  /** Under this key the SDK's transport context carries the call to the tool's handler. */
  static final String KEY = "io.ironclaw.mcp.call";

  private final Consumer<ActiveCall> onEnd;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final ReentrantLock lock = new ReentrantLock();
  private Runnable action = () -> {};
  private boolean cancelled;

  ActiveCall(Consumer<ActiveCall> onEnd) {
    this.onEnd = onEnd;
  }

  /** The action to run, on a thread of its own, when the call is cancelled: now if it has been. */
  void onCancel(Runnable wanted) {
    lock.lock();
    try {
      action = wanted;
      if (!cancelled) {
        return;
      }
    } finally {
      lock.unlock();
    }
    Thread.ofVirtual().name("mcp-cancel").start(wanted);
  }

  /** Asks the call to end; it gets no answer any more. */
  void cancel() {
    Runnable wanted;
    lock.lock();
    try {
      if (cancelled) {
        return;
      }
      cancelled = true;
      wanted = action;
    } finally {
      lock.unlock();
    }
    Thread.ofVirtual().name("mcp-cancel").start(wanted);
  }

  boolean isCancelled() {
    lock.lock();
    try {
      return cancelled;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the call's end; false if it has not ended within {@code limit}. */
  boolean awaitEnd(Duration limit) throws InterruptedException {
    return ended.await(limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    onEnd.accept(this);
    ended.countDown();
  }
}
