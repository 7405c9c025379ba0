package io.ironclaw.mcp;

import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import java.io.IOException;
import java.util.Map;

/** One tool: what it does in a session's VM. {@link ToolList} says what it is. */
interface SandboxTool {
  String name();

  /** What a model reads, and the same as data that fits the output schema; both bounded. */
  record Answer(String text, Map<String, Object> data) {
    /**
     * What a whole result may take as JSON, in characters. Clients cut or hide larger ones: one of
     * them does from 50,000 on.
     */
    static final int MOST_JSON = 40_000;

    /** What the longest part may take where it is in the text and in the data. */
    static final int MOST_TWICE = 18_000;

    /** What it may take where it is in one of them. */
    static final int MOST_ONCE = 36_000;
  }

  /**
   * Runs the tool. An interrupt of the thread cancels it.
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
