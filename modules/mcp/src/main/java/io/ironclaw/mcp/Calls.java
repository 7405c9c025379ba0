package io.ironclaw.mcp;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The requests in flight, bounded in number and in bytes. Each runs on a virtual thread of its own;
 * {@link #AT_ONCE} of them run, the others wait for their turn.
 */
final class Calls {
  static final int MOST = 256;
  static final long MOST_BYTES = 64L << 20;

  /** Below the streams of a VM (64): what was cancelled may take a while to end there. */
  static final int AT_ONCE = 48;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private final Map<Object, Call> open = new HashMap<>();
  private final Semaphore turns = new Semaphore(AT_ONCE, true);
  private long bytes;

  /** Threads that may still send something. */
  private int working;

  /** The work of a request. */
  interface Work {
    void run(Call call) throws InterruptedException;
  }

  /**
   * Takes a request on.
   *
   * @return why not, if so
   */
  Optional<String> start(Object id, int size, Work work) {
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
    Thread.ofVirtual().name("mcp-call").start(() -> run(call, work));
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
  void end(Call call) {
    lock.lock();
    try {
      if (open.remove(call.id(), call)) {
        bytes -= call.bytes();
      }
    } finally {
      lock.unlock();
    }
  }

  boolean isOpen(Object id) {
    lock.lock();
    try {
      return open.containsKey(id);
    } finally {
      lock.unlock();
    }
  }

  void cancel(Object id) {
    lock.lock();
    try {
      Optional.ofNullable(open.get(id)).ifPresent(Call::cancel);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all have ended, but not for long, and cancels those that have not. */
  void drain(Duration limit) throws InterruptedException {
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

  void cancelAll() {
    lock.lock();
    try {
      List.copyOf(open.values()).forEach(Call::cancel);
    } finally {
      lock.unlock();
    }
  }
}
