package io.ironclaw.guest;

import io.ironclaw.host.IoThread;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.List;
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
  synchronized boolean control(List<Frame> frames) {
    if (control.size() + frames.size() > MOST_CONTROL) {
      return false;
    }
    control.addAll(frames);
    notifyAll();
    return true;
  }

  /**
   * Queues data when there is room.
   *
   * @return false if the connection has ended
   */
  synchronized boolean data(Frame frame) throws InterruptedException {
    while (dataBytes >= MOST_DATA_BYTES && !ended) {
      wait();
    }
    return !ended && add(frame);
  }

  /** Queues the last frame of a channel behind its data; never waits, as it has no payload. */
  synchronized void last(Frame frame) {
    add(frame);
  }

  private synchronized boolean add(Frame frame) {
    data.add(frame);
    dataBytes += frame.payload().length;
    notifyAll();
    return true;
  }

  /** Nothing is sent any more; whoever waits for room is told. */
  synchronized void end() {
    ended = true;
    control.clear();
    data.clear();
    dataBytes = 0;
    notifyAll();
  }

  /** For how many nanoseconds a write has been stuck; 0 = none is. */
  synchronized long stuckFor(long now) {
    return writing ? Math.max(0, now - writingSince) : 0;
  }

  private void run() {
    try {
      while (take()) {
        writer.flush();
      }
    } catch (IOException e) {
      broken.accept(e);
    } catch (RuntimeException | InterruptedException e) {
      // A defect of ours must end the connection too: nobody else would send what waits.
      broken.accept(new IOException("the host failed to write it: " + e, e));
    }
  }

  /** Waits for frames and buffers as many as fit; false at the connection's end. */
  private synchronized boolean take() throws InterruptedException {
    writing = false;
    while (control.isEmpty() && data.isEmpty() && !ended) {
      wait();
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
    notifyAll();
    writing = true;
    writingSince = System.nanoTime();
    return true;
  }
}
