package io.ironclaw.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** One channel of one stream, host to guest: writes wait for the guest's credit. */
final class Outbound extends OutputStream {
  private static final long MOST_CREDIT = 1L << 30;

  private final int stream;
  private final FrameWriter frames;
  private final Inbound.Watch watch;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  private long balance = Inbound.WINDOW;
  private boolean closed;
  private boolean finished;
  private Optional<GuestException> failure = Optional.empty();

  Outbound(int stream, FrameWriter frames, Inbound.Watch watch) {
    this.stream = stream;
    this.frames = frames;
    this.watch = watch;
  }

  /** Takes CREDIT; for the reader thread. */
  void credit(long bytes) throws ProtocolException {
    lock.lock();
    try {
      if (bytes < 1 || bytes > MOST_CREDIT || balance + bytes > MOST_CREDIT) {
        throw ProtocolException.field("CREDIT", "" + bytes, "1 to 2^30, balance included");
      }
      balance += bytes;
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
      frames.write(new Frame(FrameType.DATA, 0, stream, part));
      at += count;
    }
  }

  /** Ends the channel; a second close does nothing, nor does one after the stream's end. */
  @Override
  public void close() throws IOException {
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
    frames.write(Frame.empty(FrameType.END, 0, stream));
  }

  /** As {@link Inbound} does. */
  private void checkUnlocked() throws IOException {
    lock.unlock();
    try {
      watch.check(true);
    } catch (GuestException e) {
      throw new IOException(e.getMessage(), e);
    } finally {
      lock.lock();
    }
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
        if (!changed.await(GuestConnection.SILENCE.toNanos(), TimeUnit.NANOSECONDS)) {
          checkUnlocked();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new java.io.InterruptedIOException("interrupted while writing to the guest");
    } finally {
      lock.unlock();
    }
  }
}
