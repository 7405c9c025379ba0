package io.ironclaw.api;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One entry of the audit.
 *
 * @param at by this host's clock, which may jump
 * @param times that it happened, at least 1; over 1 where the same came many times within a second
 * @param data by name, in the order that they are written in; each a {@code String}, a {@code
 *     Long}, a {@code Boolean} or a {@code List} of strings. {@code vm} is the VM that it is about;
 *     a security kind has {@code what}, in words, and where there is one the {@code rule} that
 *     would allow it or the {@code fix}. Secrets are masked; other text is as hostile as whoever it
 *     is from
 */
public record AuditEntry(Instant at, AuditKind kind, long times, Map<String, Object> data) {
  /**
   * @throws IllegalArgumentException if a value is none of those
   */
  public AuditEntry {
    if (times < 1) {
      throw new IllegalArgumentException("an entry of " + times + " times");
    }
    var copy = new LinkedHashMap<String, Object>();
    data.forEach((name, value) -> copy.put(name, checked(name, value)));
    data = Collections.unmodifiableMap(copy);
  }

  private static Object checked(String name, Object value) {
    return switch (value) {
      case String _, Long _, Boolean _ -> value;
      case List<?> list when list.stream().allMatch(String.class::isInstance) -> List.copyOf(list);
      default -> throw new IllegalArgumentException(name + " is a " + value.getClass());
    };
  }

  /** A value that is text. */
  public Optional<String> text(String name) {
    return data.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
  }
}
