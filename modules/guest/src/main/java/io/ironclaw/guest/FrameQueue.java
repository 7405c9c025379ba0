package io.ironclaw.guest;

import io.ironclaw.host.IoThread;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The frames that wait to be sent, and the one thread that sends them. Control frames go before
 * data, and queueing one never waits: a kill is not held up by a guest that takes no input. Data
 * waits for room, as long as its sender is not interrupted and the connection stands. How long a
 * write has been stuck is for the {@link Watchdog} to ask.
 */
final class FrameQueue {
  /** Requests are the largest control frames, and at most 64 of them are open. */
  private static final int MOST_CONTROL = 4_096;

  private static final int MOST_DATA_BYTES = 4 * Frame.MAX_PAYLOAD;

  private final FrameWriter writer;
  private final Consumer<IOException> broken;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();
  private final Condition taken = lock.newCondition();
  private final ArrayDeque<Frame> control = new ArrayDeque<>();
  private final ArrayDeque<Frame> data = new ArrayDeque<>();
  private int dataBytes;
  private boolean ended;
  private boolean writing;
  private long writingSince;

  /**
   * @param broken told, by the thread that writes, that the channel takes nothing any more
   */
  FrameQueue(String name, WritableByteChannel to, Consumer<IOException> broken) {
    this.writer = new FrameWriter(to);
    this.broken = broken;
    IoThread.start("guest-writer-" + name, this::run);
  }

  /**
   * Queues frames that leave before any data, together; never waits.
   *
   * @return false if so many wait already that the guest can't be reading
   */
  boolean control(List<Frame> frames) {
    lock.lock();
    try {
      if (control.size() + frames.size() > MOST_CONTROL) {
        return false;
      }
      control.addAll(frames);
      filled.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Queues data when there is room.
   *
   * @return false if the connection has ended
   */
  boolean data(Frame frame) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (dataBytes >= MOST_DATA_BYTES && !ended) {
        taken.await();
      }
      return !ended && add(frame);
    } finally {
      lock.unlock();
    }
  }

  /** Queues the last frame of a channel behind its data; never waits, as it has no payload. */
  void last(Frame frame) {
    lock.lock();
    try {
      add(frame);
    } finally {
      lock.unlock();
    }
  }

  private boolean add(Frame frame) {
    data.add(frame);
    dataBytes += frame.payload().length;
    filled.signal();
    return true;
  }

  /** Nothing is sent any more; whoever waits for room is told. */
  void end() {
    lock.lock();
    try {
      ended = true;
      control.clear();
      data.clear();
      dataBytes = 0;
      filled.signalAll();
      taken.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** For how many nanoseconds a write has been stuck; 0 = none is. */
  long stuckFor(long now) {
    lock.lock();
    try {
      return writing ? Math.max(0, now - writingSince) : 0;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      while (take()) {
        writer.flush();
      }
    } catch (IOException e) {
      broken.accept(e);
    } catch (RuntimeException e) {
      // A defect of ours must end the connection too: nobody else would send what waits.
      broken.accept(new IOException("the host failed to write it: " + e, e));
    }
  }

  /** Waits for frames and buffers as many as fit; false at the connection's end. */
  private boolean take() {
    lock.lock();
    try {
      writing = false;
      while (control.isEmpty() && data.isEmpty() && !ended) {
        filled.awaitUninterruptibly();
      }
      if (ended) {
        return false;
      }
      while (!control.isEmpty() && writer.fits(control.element())) {
        writer.put(control.remove());
      }
      while (control.isEmpty() && !data.isEmpty() && writer.fits(data.element())) {
        var frame = data.remove();
        dataBytes -= frame.payload().length;
        writer.put(frame);
      }
      taken.signalAll();
      writing = true;
      writingSince = System.nanoTime();
      return true;
    } finally {
      lock.unlock();
    }
  }
}
