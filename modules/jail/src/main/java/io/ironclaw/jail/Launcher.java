package io.ironclaw.jail;

import io.ironclaw.api.HostException;

/**
 * Starts processes, each confined as its plan says; no hypervisor is started any other way. All of
 * them end with the launcher. Safe for many threads.
 */
public interface Launcher extends AutoCloseable {
  /**
   * Starts a process.
   *
   * @throws HostException if the program can't be started or a grant can't be given
   */
  Launched launch(ProcessPlan plan) throws HostException;

  /** Ends every process that still runs. */
  @Override
  void close();
}
