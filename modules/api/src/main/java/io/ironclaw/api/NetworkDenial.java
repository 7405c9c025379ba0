package io.ironclaw.api;

import java.time.Instant;
import java.util.Optional;

/**
 * Something that a guest was denied.
 *
 * @param what it wanted, such as {@code tcp to 203.0.113.10:8080}; harmless text
 * @param rule that would allow it; empty if none can
 * @param times that it was told of, the least that there were
 * @param last when it was last
 */
public record NetworkDenial(String what, Optional<String> rule, long times, Instant last) {
  /** What would allow it, to end a sentence with; empty if nothing can. */
  public String fix() {
    return rule.map(allowing -> "; to allow it: --allow " + allowing).orElse("");
  }
}
