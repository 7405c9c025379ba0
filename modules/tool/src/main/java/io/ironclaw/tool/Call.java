package io.ironclaw.tool;

/** One call in flight: the thread that works for it, which a cancellation interrupts, once. */
public final class Call {
  private final Object id;
  private final int bytes;
  private boolean cancelled;
  private boolean answered;
  private java.util.Optional<Thread> worker = java.util.Optional.empty();

  /**
   * @param bytes what its message took
   */
  Call(Object id, int bytes) {
    this.id = id;
    this.bytes = bytes;
  }

  public Object id() {
    return id;
  }

  int bytes() {
    return bytes;
  }

  /** The current thread works for it from now on. */
  synchronized void started() {
    worker = java.util.Optional.of(Thread.currentThread());
    if (cancelled) {
      Thread.currentThread().interrupt();
    }
  }

  /** What it waits for is given up; it will not be answered. */
  synchronized void cancel() {
    if (!cancelled && !answered) {
      cancelled = true;
      worker.ifPresent(Thread::interrupt);
    }
  }

  /** Whether the answer may be sent: once, and not after a cancellation. */
  public synchronized boolean answer() {
    boolean may = !cancelled && !answered;
    answered = true;
    return may;
  }

  public synchronized boolean isOpen() {
    return !cancelled && !answered;
  }
}
