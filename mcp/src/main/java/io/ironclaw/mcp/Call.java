package io.ironclaw.mcp;

import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** One request in flight: it can be cancelled from outside, once, at any time. */
final class Call {
  /** The request that the current thread works for. */
  static final ScopedValue<Call> CURRENT = ScopedValue.newInstance();

  private final ReentrantLock lock = new ReentrantLock();
  private boolean cancelled;
  private Optional<Runnable> onCancel = Optional.empty();

  /** Says what to do on cancellation; runs it now if that has happened already. */
  void onCancel(Runnable action) {
    boolean now;
    lock.lock();
    try {
      onCancel = Optional.of(action);
      now = cancelled;
    } finally {
      lock.unlock();
    }
    if (now) {
      action.run();
    }
  }

  void cancel() {
    Optional<Runnable> action;
    lock.lock();
    try {
      action = cancelled ? Optional.empty() : onCancel;
      cancelled = true;
    } finally {
      lock.unlock();
    }
    action.ifPresent(Runnable::run);
  }

  boolean isCancelled() {
    lock.lock();
    try {
      return cancelled;
    } finally {
      lock.unlock();
    }
  }
}
