package io.ironclaw.api;

import java.io.Serial;

/** A running VM ended under its user: guest panic, power off, or the hypervisor's death. */
public final class VmDiedException extends VmException {
  @Serial private static final long serialVersionUID = 1L;

  public VmDiedException(String message) {
    super(message);
  }

  public VmDiedException(String message, Throwable cause) {
    super(message, cause);
  }
}
