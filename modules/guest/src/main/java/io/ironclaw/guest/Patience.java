package io.ironclaw.guest;

import io.ironclaw.api.GuestUnresponsiveException;
import java.time.Duration;

/**
 * How long the host waits for the end of a command, by its own clock: a guest's word on a time
 * limit is the guest's. For many threads.
 */
final class Patience {
  /** What a guest's pipes and queue hold at most when its command ends, and more. */
  private static final long MOST_LATE_BYTES = 8L << 20;

  private final Duration limit;
  private final Duration margin;
  private boolean bounded;
  private boolean killed;
  private long giveUpAt;
  private long receivedInTime = -1;

  /**
   * @param limit the command's time limit; zero = none
   * @param margin how long after it, or after a kill, the guest may take to end the command
   */
  Patience(Duration limit, Duration margin) {
    this.limit = limit;
    this.margin = margin;
    this.bounded = !limit.isZero();
    this.giveUpAt = System.nanoTime() + limit.plus(margin).toNanos();
  }

  /** The command was killed: now the guest has the margin alone. */
  synchronized void killed() {
    long end = System.nanoTime() + margin.toNanos();
    if (!bounded || end - giveUpAt < 0) {
      giveUpAt = end;
      killed = true;
    }
    bounded = true;
  }

  /**
   * Whether the end is overdue. Output that waits to be read here is the host's own delay: from
   * when it is read, the guest has another margin, unless it goes on sending.
   *
   * @param received bytes of output so far
   */
  synchronized boolean isOver(boolean unread, long received) {
    long now = System.nanoTime();
    if (!bounded || now - giveUpAt < 0) {
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

  /** The error of a guest that let the command outlive it. */
  synchronized GuestUnresponsiveException overdue(String command) {
    return killed
        ? new GuestUnresponsiveException("end of " + command + " after it was killed,", margin)
        : new GuestUnresponsiveException(
            "end of " + command + ", nor an end at its time limit,", limit.plus(margin));
  }
}
