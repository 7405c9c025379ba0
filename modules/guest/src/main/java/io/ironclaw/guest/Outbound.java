package io.ironclaw.guest;

import io.ironclaw.api.GuestException;
import io.ironclaw.api.ProtocolException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** One channel of one stream, host to guest: writes wait for the guest's credit. */
final class Outbound extends OutputStream {
  private static final long MOST_CREDIT = ProtocolNumbers.MAX_CREDIT;

  private final int stream;
  private final FrameQueue frames;
  private final Runnable onEnd;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  private long balance = Inbound.WINDOW;
  private long credited;
  private boolean closed;
  private boolean finished;
  private Optional<GuestException> failure = Optional.empty();

  /**
   * @param onEnd told when its end has been queued
   */
  Outbound(int stream, FrameQueue frames, Runnable onEnd) {
    this.stream = stream;
    this.frames = frames;
    this.onEnd = onEnd;
  }

  /** Bytes that the guest has made room for, in all. */
  long credited() {
    lock.lock();
    try {
      return credited;
    } finally {
      lock.unlock();
    }
  }

  /** Whether nothing can be sent until the guest makes room, or nothing more is to come. */
  boolean isGuestsTurn() {
    lock.lock();
    try {
      return balance == 0 || closed;
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Takes CREDIT; for the reader thread. */
  void credit(long bytes) throws ProtocolException {
    lock.lock();
    try {
      if (bytes < 1 || bytes > MOST_CREDIT || balance + bytes > MOST_CREDIT) {
        throw ProtocolException.field("CREDIT", "" + bytes, "1 to 2^30, balance included");
      }
      balance += bytes;
      credited += bytes;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The guest ended the stream: what is written from now on can reach nobody. */
  void finish() {
    lock.lock();
    try {
      finished = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void fail(GuestException why) {
    lock.lock();
    try {
      if (failure.isEmpty()) {
        failure = Optional.of(why);
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    java.util.Objects.checkFromIndexSize(offset, length, from.length);
    int at = offset;
    int end = offset + length;
    while (at < end) {
      int count = claim(Math.min(end - at, Frame.MAX_PAYLOAD));
      var part = Arrays.copyOfRange(from, at, at + count);
      queue(new Frame(FrameType.DATA, 0, stream, part));
      at += count;
    }
  }

  /** Ends the channel; a second close does nothing, nor does one after the stream's end. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed || finished || failure.isPresent()) {
        closed = true;
        return;
      }
      closed = true;
    } finally {
      lock.unlock();
    }
    frames.last(Frame.empty(FrameType.END, 0, stream));
    onEnd.run();
  }

  private void queue(Frame frame) throws IOException {
    try {
      if (!frames.data(frame)) {
        throw broken();
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private IOException broken() {
    lock.lock();
    try {
      return failure
          .map(why -> new IOException(why.getMessage(), why))
          .orElse(new IOException("the connection to the guest has ended"));
    } finally {
      lock.unlock();
    }
  }

  private static IOException interrupted() {
    Thread.currentThread().interrupt();
    return new java.io.InterruptedIOException("interrupted while writing to the guest");
  }

  private int claim(int most) throws IOException {
    lock.lock();
    try {
      while (true) {
        if (failure.isPresent()) {
          throw new IOException(failure.get().getMessage(), failure.get());
        }
        if (closed || finished) {
          throw new IOException("broken pipe: the command's stdin is closed");
        }
        if (balance > 0) {
          int count = (int) Math.min(most, balance);
          balance -= count;
          return count;
        }
        changed.await();
      }
    } catch (InterruptedException e) {
      throw interrupted();
    } finally {
      lock.unlock();
    }
  }
}
