package io.ironclaw.guest;

import java.time.Duration;

/**
 * How long the host waits for the end of a stream, by its own clock: a guest's word on a time limit
 * is the guest's. For many threads.
 */
final class Patience {
  /** What a guest's pipes and queue hold at most when its command ends, and more. */
  private static final long MOST_LATE_BYTES = 8L << 20;

  private final Duration limit;
  private final Duration margin;
  private long giveUpAt;
  private long receivedInTime = -1;

  /**
   * @param limit the command's time limit; zero = none
   * @param margin how long after it the guest may take to say that it has ended the command
   */
  Patience(Duration limit, Duration margin) {
    this.limit = limit;
    this.margin = margin;
    this.giveUpAt = System.nanoTime() + limit.plus(margin).toNanos();
  }

  static Patience unlimited() {
    return new Patience(Duration.ZERO, Duration.ZERO);
  }

  /**
   * Whether the end is overdue. Output that waits to be read here is the host's own delay: from
   * when it is read, the guest has another margin, unless it goes on sending.
   *
   * @param received bytes of output so far
   */
  synchronized boolean isOver(boolean unread, long received) {
    long now = System.nanoTime();
    if (limit.isZero() || now - giveUpAt < 0) {
      return false;
    }
    if (receivedInTime < 0) {
      receivedInTime = received;
    }
    if (unread && received - receivedInTime <= MOST_LATE_BYTES) {
      giveUpAt = now + margin.toNanos();
      return false;
    }
    return true;
  }

  /** The longest to wait before asking again. */
  synchronized Duration slice(Duration most) {
    if (limit.isZero()) {
      return most;
    }
    long left = giveUpAt - System.nanoTime();
    return left >= most.toNanos() ? most : Duration.ofNanos(Math.max(left, 1));
  }

  /** The whole time that the guest had, for messages. */
  Duration total() {
    return limit.plus(margin);
  }
}
