package io.ironclaw.guest;

import io.ironclaw.api.GuestException;
import io.ironclaw.api.ProtocolException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Optional;

/** One channel of one stream, host to guest: writes wait for the guest's credit. */
final class Outbound extends OutputStream {
  private static final long MOST_CREDIT = ProtocolNumbers.MAX_CREDIT;

  private final int stream;
  private final FrameQueue frames;
  private final Runnable onEnd;

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
  synchronized long credited() {
    return credited;
  }

  /** Whether nothing can be sent until the guest makes room, or nothing more is to come. */
  synchronized boolean isGuestsTurn() {
    return balance == 0 || closed;
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /** Takes CREDIT; for the reader thread. */
  synchronized void credit(long bytes) throws ProtocolException {
    if (bytes < 1 || bytes > MOST_CREDIT || balance + bytes > MOST_CREDIT) {
      throw ProtocolException.field("CREDIT", "" + bytes, "1 to 2^30, balance included");
    }
    balance += bytes;
    credited += bytes;
    notifyAll();
  }

  /** The guest ended the stream: what is written from now on can reach nobody. */
  synchronized void finish() {
    finished = true;
    notifyAll();
  }

  synchronized void fail(GuestException why) {
    if (failure.isEmpty()) {
      failure = Optional.of(why);
      notifyAll();
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
      queue(new Frame(FrameType.DATA, ProtocolNumbers.CHANNEL_IN, stream, part));
      at += count;
    }
  }

  /** Ends the channel; a second close does nothing, nor does one after the stream's end. */
  @Override
  public void close() {
    synchronized (this) {
      boolean said = closed || finished || failure.isPresent();
      closed = true;
      if (said) {
        return;
      }
    }
    frames.last(Frame.empty(FrameType.END, ProtocolNumbers.CHANNEL_IN, stream));
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

  private synchronized IOException broken() {
    return failure
        .map(why -> new IOException(why.getMessage(), why))
        .orElse(new IOException("the connection to the guest has ended"));
  }

  private static IOException interrupted() {
    Thread.currentThread().interrupt();
    return new java.io.InterruptedIOException("interrupted while writing to the guest");
  }

  private synchronized int claim(int most) throws IOException {
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
        wait();
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }
}
