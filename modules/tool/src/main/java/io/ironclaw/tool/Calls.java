package io.ironclaw.tool;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The calls in flight, each with the id that its client gave it, bounded in number and in bytes.
 * Each runs on a virtual thread of its own; {@link #AT_ONCE} of them run, the others wait for their
 * turn. Safe for many threads.
 */
public final class Calls {
  public static final int MOST = 256;
  public static final long MOST_BYTES = 64L << 20;

  /** Below the streams of a VM (64): what was cancelled may take a while to end there. */
  public static final int AT_ONCE = 48;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private final Map<Object, Call> open = new HashMap<>();
  private final Semaphore turns = new Semaphore(AT_ONCE, true);
  private long bytes;

  /** Threads that may still send something. */
  private int working;

  /** The work of a call. */
  @FunctionalInterface
  public interface Work {
    void run(Call call) throws InterruptedException;
  }

  /**
   * Takes a request on.
   *
   * @return why not, if so
   */
  public Optional<String> start(Object id, int size, Work work) {
    var call = new Call(id, size);
    lock.lock();
    try {
      if (open.containsKey(id)) {
        return Optional.of("its id is in use by another request");
      }
      if (open.size() >= MOST || bytes + size > MOST_BYTES) {
        return Optional.of(open.size() + " requests are in flight; wait for some of their answers");
      }
      open.put(id, call);
      bytes += size;
      working++;
    } finally {
      lock.unlock();
    }
    Thread.ofVirtual().name("tool-call").start(() -> run(call, work));
    return Optional.empty();
  }

  private void run(Call call, Work work) {
    call.started();
    try {
      turns.acquire();
      try {
        work.run(call);
      } finally {
        turns.release();
      }
    } catch (InterruptedException _) {
      // Cancelled: nobody waits for an answer.
    } finally {
      end(call);
      lock.lock();
      try {
        working--;
        ended.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Its id may be used again: to be called before the answer is sent. Once is enough. */
  public void end(Call call) {
    lock.lock();
    try {
      if (open.remove(call.id(), call)) {
        bytes -= call.bytes();
      }
    } finally {
      lock.unlock();
    }
  }

  public boolean isOpen(Object id) {
    lock.lock();
    try {
      return open.containsKey(id);
    } finally {
      lock.unlock();
    }
  }

  public void cancel(Object id) {
    lock.lock();
    try {
      Optional.ofNullable(open.get(id)).ifPresent(Call::cancel);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all have ended, but not for long, and cancels those that have not. */
  public void drain(Duration limit) throws InterruptedException {
    long left = limit.toNanos();
    lock.lock();
    try {
      while (working > 0 && left > 0) {
        left = ended.awaitNanos(left);
      }
    } finally {
      lock.unlock();
      cancelAll();
    }
  }

  public void cancelAll() {
    lock.lock();
    try {
      List.copyOf(open.values()).forEach(Call::cancel);
    } finally {
      lock.unlock();
    }
  }
}
