package io.ironclaw.audit;

import io.ironclaw.host.IoThread;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Gives checkpoints to the anchors, beside the writing of the log: a program that takes its time
 * holds up nobody. Of over {@link #MOST} that wait, the newest stay: each covers those before it.
 * Safe for many threads.
 */
final class Anchors {
  static final int MOST = 16;

  private final List<Anchor> anchors;
  private final Consumer<String> failing;
  private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
  private Optional<Thread> thread = Optional.empty();
  private boolean closed;

  /**
   * @param failing told of each that could not take one
   */
  Anchors(List<Anchor> anchors, Consumer<String> failing) {
    this.anchors = List.copyOf(anchors);
    this.failing = failing;
  }

  synchronized void give(List<byte[]> checkpoints) {
    if (anchors.isEmpty()) {
      return;
    }
    for (byte[] checkpoint : checkpoints) {
      waiting.add(checkpoint);
      if (waiting.size() > MOST) {
        waiting.remove();
      }
    }
    if (!waiting.isEmpty() && thread.isEmpty()) {
      thread = Optional.of(IoThread.start("audit-anchors", this::run));
    }
    notifyAll();
  }

  private void run() {
    try {
      for (var next = next(); next.isPresent(); next = next()) {
        for (var anchor : anchors) {
          take(anchor, next.get());
        }
      }
    } catch (InterruptedException _) {
      // Nobody interrupts this thread but the end of the process.
    }
  }

  /** The next one; empty when it is closed and nothing is left. */
  private synchronized Optional<byte[]> next() throws InterruptedException {
    while (waiting.isEmpty() && !closed) {
      wait();
    }
    return Optional.ofNullable(waiting.poll());
  }

  private void take(Anchor anchor, byte[] checkpoint) throws InterruptedException {
    try {
      anchor.take(checkpoint);
    } catch (IOException e) {
      failing.accept(
          "a checkpoint of the audit could not be given to "
              + anchor
              + ": "
              + PrivateDir.reason(e));
    }
  }

  /** Waits until all is given, but no longer than {@code limit}. */
  void close(Duration limit) throws InterruptedException {
    Optional<Thread> running;
    synchronized (this) {
      closed = true;
      running = thread;
      notifyAll();
    }
    if (running.isPresent() && !running.get().join(limit)) {
      failing.accept("the last checkpoint of the audit was not taken by its anchors in time");
    }
  }
}
