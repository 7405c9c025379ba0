package io.ironclaw.mcp;

import io.ironclaw.host.IronClawException;
import io.ironclaw.sandbox.Sandbox;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.IOException;
import java.util.Map;

/** One tool: what it is, and what it does in a session's VM. */
interface SandboxTool {
  McpSchema.Tool definition();

  /** What a model reads, and the same as data that fits the output schema. */
  record Answer(String text, Map<String, Object> data) {}

  /**
   * Runs the tool.
   *
   * @param progress told how far it is; does nothing when the client did not ask
   */
  Answer call(Sandbox sandbox, Arguments arguments, Progress progress)
      throws Arguments.InvalidArgumentException,
          IronClawException,
          IOException,
          InterruptedException;

  /** Hears of a call's progress. */
  interface Progress {
    void report(double amount, String message);
  }
}
