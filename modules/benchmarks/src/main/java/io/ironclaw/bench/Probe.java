package io.ironclaw.bench;

/**
 * Measures one thing, again and again.
 *
 * @param name for messages and the success rate
 * @param warmUps runs before the first counted one
 * @param perRound counted runs in a row when its turn comes
 * @param everyRounds its turn comes in every so manieth round
 * @param body one run
 */
record Probe(String name, int warmUps, int perRound, int everyRounds, Body body) {
  /** One run of a probe. */
  @FunctionalInterface
  interface Body {
    /**
     * Measures once and adds its samples.
     *
     * @throws Exception whatever went wrong: the run counts as failed
     */
    void run(Results results) throws Exception;
  }

  Probe {
    if (perRound < 1 || everyRounds < 1 || warmUps < 0) {
      throw new IllegalArgumentException(name + ": at least one run in at least one round");
    }
  }
}
