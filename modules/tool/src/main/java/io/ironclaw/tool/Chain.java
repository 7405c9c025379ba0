package io.ironclaw.tool;

import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import java.io.IOException;
import java.util.List;

/** The interceptors of a session, the first one outermost. */
record Chain(List<Interceptor> interceptors) {
  Chain {
    interceptors = List.copyOf(interceptors);
  }

  <R> R run(ToolCall<R> call, Sandbox sandbox)
      throws IronClawException, IOException, InterruptedException {
    return from(0, call, sandbox);
  }

  private <R> R from(int index, ToolCall<R> call, Sandbox sandbox)
      throws IronClawException, IOException, InterruptedException {
    return index == interceptors.size()
        ? call.run(sandbox)
        : interceptors.get(index).around(call, sandbox, () -> from(index + 1, call, sandbox));
  }
}
