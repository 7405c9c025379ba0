package io.ironclaw.tool;

import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import java.io.IOException;

/**
 * Stands between every call and its sandbox: it may look at the call, refuse it by throwing, and
 * look at its end. Safe for many threads.
 */
public interface Interceptor {
  /** What comes after this interceptor: the next one, at last the call itself. */
  @FunctionalInterface
  interface Next<R> {
    R proceed() throws IronClawException, IOException, InterruptedException;
  }

  /**
   * Goes around one call.
   *
   * @param next to be called once, or not at all
   */
  <R> R around(ToolCall<R> call, Sandbox sandbox, Next<R> next)
      throws IronClawException, IOException, InterruptedException;
}
