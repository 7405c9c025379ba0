package io.ironclaw.guest;

import java.time.Duration;

/**
 * The least progress of a file transfer: {@value #LEAST_BYTES} bytes in each stretch of {@link
 * #STRETCH} in which it was the guest's turn. For one thread.
 */
final class Pace {
  static final Duration STRETCH = Duration.ofSeconds(20);
  static final long LEAST_BYTES = 65_536;

  private final Duration stretch;
  private long since;
  private long bytesThen;

  Pace(Duration stretch, long now) {
    this.stretch = stretch;
    this.since = now;
  }

  /**
   * Whether the guest is too slow.
   *
   * @param guestsTurn false while the host has yet to read or to send
   * @param bytes moved so far
   */
  boolean isOver(boolean guestsTurn, long bytes, long now) {
    if (!guestsTurn || bytes - bytesThen >= LEAST_BYTES) {
      since = now;
      bytesThen = bytes;
      return false;
    }
    return now - since >= stretch.toNanos();
  }

  Duration stretch() {
    return stretch;
  }
}
