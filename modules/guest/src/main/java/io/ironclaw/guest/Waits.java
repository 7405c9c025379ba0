package io.ironclaw.guest;

import java.time.Duration;

/**
 * How long a guest may take, by the host's clock. Tests make them short.
 *
 * @param silence after so much of it, a guest that is waited for is pinged
 * @param answer to a ping, and for taking what it is sent
 * @param reply to a request: that a command runs, that a file operation has ended, some progress
 * @param margin after a command's time limit or a kill; a guest on a busy host needs some time
 */
record Waits(Duration silence, Duration answer, Duration reply, Duration margin) {
  static final Waits USUAL =
      new Waits(
          Duration.ofSeconds(1), Duration.ofSeconds(10), Pace.STRETCH, Duration.ofSeconds(10));

  Waits withMargin(Duration shorter) {
    return new Waits(silence, answer, reply, shorter);
  }

  Waits withReply(Duration shorter) {
    return new Waits(silence, answer, shorter, margin);
  }

  Waits withAnswer(Duration shorter) {
    return new Waits(silence, shorter, reply, margin);
  }
}
