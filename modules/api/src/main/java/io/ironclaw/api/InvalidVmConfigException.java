package io.ironclaw.api;

import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;

/** A VM configuration with bounds broken; it names each of them. */
public final class InvalidVmConfigException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1L;

  private final transient List<VmConfig.Violation> violations;

  InvalidVmConfigException(List<VmConfig.Violation> violations) {
    super(
        "VM configuration is not valid: "
            + violations.stream()
                .map(VmConfig.Violation::toString)
                .collect(Collectors.joining("; ")));
    this.violations = List.copyOf(violations);
  }

  /** Every violation, in the order of the fields. */
  public List<VmConfig.Violation> violations() {
    return violations;
  }
}
