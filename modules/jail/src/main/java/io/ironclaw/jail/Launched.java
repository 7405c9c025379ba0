package io.ironclaw.jail;

import io.ironclaw.api.HostException;

/**
 * A process that was started; stdout and stderr are one pipe.
 *
 * @param process the process
 */
public record Launched(Process process) {
  /** The limits that the kernel keeps for it, read now. */
  public ProcessLimits limits() throws HostException {
    return ProcessLimits.inForce(process.pid());
  }
}
