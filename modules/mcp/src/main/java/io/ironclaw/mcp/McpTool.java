package io.ironclaw.mcp;

import io.ironclaw.api.GuestRefusedException;
import io.ironclaw.api.Sandbox;
import io.ironclaw.tool.Progress;
import io.ironclaw.tool.ToolCall;
import java.util.Map;

/** A tool as clients of this protocol know it; {@link ToolList} says what it is. */
interface McpTool {
  String name();

  /**
   * Understands a call.
   *
   * @param progress told how far it is; does nothing when the client did not ask
   */
  Prepared prepare(Arguments arguments, Progress progress)
      throws Arguments.InvalidArgumentException;

  /** How the result of a call is told to a model. */
  @FunctionalInterface
  interface Telling<R> {
    Answer answer(R result, Sandbox sandbox);

    /** A refusal of the guest, with what the caller can do about it. */
    default String refusal(GuestRefusedException e) {
      return e.getMessage();
    }
  }

  /** A call that was understood. */
  sealed interface Prepared {
    /** It is made in the session's VM. */
    record InVm<R>(ToolCall<R> call, Telling<R> telling) implements Prepared {}

    /** It is answered. */
    record AtOnce(Answer answer) implements Prepared {}
  }

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
}
