package io.ironclaw.guest;

import io.ironclaw.api.GuestException;
import io.ironclaw.api.ProtocolException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * One channel of one stream, guest to host: a ring that never holds more than the guest has credit
 * for. The connection's reader thread fills it and never waits; one consumer drains it and gives
 * credit back.
 */
final class Inbound extends InputStream {
  static final int WINDOW = ProtocolNumbers.INITIAL_WINDOW;

  private static final int SMALLEST = 4_096;
  private static final int GIVE_BACK = WINDOW / 2;

  /** Sends credit for this channel to the guest. */
  interface CreditSender {
    void credit(int bytes) throws GuestException;
  }

  private final String name;
  private final CreditSender credits;
  private final long most;

  private byte[] ring = {};
  private int start;
  private int held;
  private int balance = WINDOW;
  private int consumed;
  private long received;
  private boolean ended;
  private boolean abandoned;
  private Optional<GuestException> failure = Optional.empty();

  /**
   * @param most bytes that the guest may send in all
   */
  Inbound(String name, CreditSender credits, long most) {
    this.name = name;
    this.credits = credits;
    this.most = most;
  }

  /** Takes DATA; for the reader thread. */
  synchronized void accept(byte[] data) throws ProtocolException {
    if (ended) {
      throw ProtocolException.field(name, "DATA after END", "nothing after END");
    }
    if (data.length > balance) {
      throw ProtocolException.field(name + " DATA", data.length + " bytes", "credit " + balance);
    }
    if (received + data.length > most) {
      throw ProtocolException.field(name, received + data.length + " bytes", "0 to " + most);
    }
    balance -= data.length;
    received += data.length;
    if (!abandoned) {
      append(data);
      notifyAll();
    }
  }

  /** Takes END; for the reader thread. */
  synchronized void end() throws ProtocolException {
    if (ended) {
      throw ProtocolException.field(name, "a second END", "one END");
    }
    ended = true;
    notifyAll();
  }

  synchronized boolean isEnded() {
    return ended;
  }

  /** Whether the guest may be waiting for credit, as what it sent was not read. */
  synchronized boolean holdsUp() {
    return !ended && (held > 0 || abandoned);
  }

  /** Bytes that came in all. */
  synchronized long received() {
    return received;
  }

  /** The stream ended without an END of its own for this channel. */
  synchronized void endIfOpen() {
    ended = true;
    notifyAll();
  }

  /** Nothing more will come; what was received can still be read. */
  synchronized void fail(GuestException why) {
    if (failure.isEmpty()) {
      failure = Optional.of(why);
      notifyAll();
    }
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] to, int offset, int length) throws IOException {
    java.util.Objects.checkFromIndexSize(offset, length, to.length);
    if (length == 0) {
      return 0;
    }
    int taken;
    int credit = 0;
    synchronized (this) {
      awaitData();
      if (held == 0) {
        return -1;
      }
      taken = take(to, offset, length);
      consumed += taken;
      if (consumed >= GIVE_BACK && !ended) {
        credit = consumed;
        consumed = 0;
        balance += credit;
      }
    }
    if (credit > 0) {
      give(credit);
    }
    return taken;
  }

  /** Until there is something, or nothing will come. */
  private synchronized void awaitData() throws IOException {
    try {
      while (held == 0 && (abandoned || !ended)) {
        if (abandoned) {
          throw new IOException(name + " is closed");
        }
        if (failure.isPresent()) {
          throw new IOException(failure.get().getMessage(), failure.get());
        }
        // The watchdog fails the channel when the guest is overdue.
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new java.io.InterruptedIOException(name + ": interrupted while waiting for the guest");
    }
  }

  private void give(int credit) throws IOException {
    try {
      credits.credit(credit);
    } catch (GuestException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public synchronized int available() {
    return held;
  }

  /** Throws away what was not read and what still comes; the guest gets no more credit. */
  @Override
  public synchronized void close() {
    abandoned = true;
    ring = new byte[0];
    held = 0;
    notifyAll();
  }

  private void append(byte[] data) {
    if (held + data.length > ring.length) {
      int size = Math.max(SMALLEST, ring.length);
      while (size < held + data.length) {
        size *= 2;
      }
      var larger = new byte[Math.min(size, WINDOW)];
      int kept = copyOut(larger, 0, held);
      ring = larger;
      start = 0;
      held = kept;
    }
    int at = (start + held) % ring.length;
    int first = Math.min(data.length, ring.length - at);
    System.arraycopy(data, 0, ring, at, first);
    System.arraycopy(data, first, ring, 0, data.length - first);
    held += data.length;
  }

  private int take(byte[] to, int offset, int length) {
    int count = copyOut(to, offset, Math.min(length, held));
    start = (start + count) % ring.length;
    held -= count;
    return count;
  }

  private int copyOut(byte[] to, int offset, int count) {
    if (count > 0) {
      int first = Math.min(count, ring.length - start);
      System.arraycopy(ring, start, to, offset, first);
      System.arraycopy(ring, 0, to, offset + first, count - first);
    }
    return count;
  }
}
