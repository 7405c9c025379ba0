package io.ironclaw.cli.attack;

import io.ironclaw.api.Printable;

/**
 * What came of an attack.
 *
 * @param evidence in words, one line
 */
record Outcome(Result result, String evidence) {
  /** Whether the wall stands. */
  enum Result {
    /** It does. */
    HELD("held"),
    /** It does not, or it is not known. */
    BROKEN("BROKEN"),
    /** It can't be tried on this host. */
    NOT_TRIED("not tried");

    private final String text;

    Result(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  Outcome {
    evidence = Printable.line(evidence);
  }

  static Outcome of(boolean held, String evidence) {
    return new Outcome(held ? Result.HELD : Result.BROKEN, evidence);
  }

  static Outcome notTried(String why) {
    return new Outcome(Result.NOT_TRIED, why);
  }
}
