package io.ironclaw.api;

import java.io.Serial;

/** What can go wrong with a VM. */
public abstract sealed class VmException extends IronClawException
    permits VmStartException,
        VmDiedException,
        TemplateException,
        HypervisorMissingException,
        AssuranceException {
  @Serial private static final long serialVersionUID = 1L;

  VmException(String message) {
    super(message);
  }

  VmException(String message, Throwable cause) {
    super(message, cause);
  }
}
