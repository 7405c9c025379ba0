package io.ironclaw.audit;

import java.time.Instant;

/** Days, in UTC. */
final class Days {
  private static final int DATE = "2026-01-01".length();

  private Days() {}

  static String of(Instant at) {
    return at.toString().substring(0, DATE);
  }
}
