package io.ironclaw.api;

import java.io.Serial;

/** No hypervisor that works was found on this host. */
public final class HypervisorMissingException extends VmException {
  @Serial private static final long serialVersionUID = 1L;

  public HypervisorMissingException(String message) {
    super(message);
  }

  public HypervisorMissingException(String message, Throwable cause) {
    super(message, cause);
  }
}
