package io.ironclaw.api;

import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;

/** A specification with bounds broken; it names each of them. */
public final class InvalidSpecException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1L;

  private final transient List<Violation> violations;

  private InvalidSpecException(List<Violation> violations) {
    super(
        "VM configuration is not valid: "
            + violations.stream().map(Violation::toString).collect(Collectors.joining("; ")));
    this.violations = List.copyOf(violations);
  }

  /**
   * @throws InvalidSpecException if there are any
   */
  static void throwIfAny(List<Violation> violations) {
    if (!violations.isEmpty()) {
      throw new InvalidSpecException(violations);
    }
  }

  /** Every violation, in the order of the fields. */
  public List<Violation> violations() {
    return violations;
  }
}
