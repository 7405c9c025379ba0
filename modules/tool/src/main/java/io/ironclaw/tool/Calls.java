package io.ironclaw.tool;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

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
    synchronized (this) {
      if (open.containsKey(id)) {
        return Optional.of("its id is in use by another request");
      }
      if (open.size() >= MOST || bytes + size > MOST_BYTES) {
        return Optional.of(open.size() + " requests are in flight; wait for some of their answers");
      }
      open.put(id, call);
      bytes += size;
      working++;
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
      synchronized (this) {
        working--;
        notifyAll();
      }
    }
  }

  /** Its id may be used again: to be called before the answer is sent. Once is enough. */
  public synchronized void end(Call call) {
    if (open.remove(call.id(), call)) {
      bytes -= call.bytes();
    }
  }

  public synchronized boolean isOpen(Object id) {
    return open.containsKey(id);
  }

  public synchronized void cancel(Object id) {
    Optional.ofNullable(open.get(id)).ifPresent(Call::cancel);
  }

  /** Waits until all have ended, but not for long, and cancels those that have not. */
  public void drain(Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    try {
      synchronized (this) {
        for (long left = end - System.nanoTime();
            working > 0 && left > 0;
            left = end - System.nanoTime()) {
          TimeUnit.NANOSECONDS.timedWait(this, left);
        }
      }
    } finally {
      cancelAll();
    }
  }

  public synchronized void cancelAll() {
    List.copyOf(open.values()).forEach(Call::cancel);
  }
}
