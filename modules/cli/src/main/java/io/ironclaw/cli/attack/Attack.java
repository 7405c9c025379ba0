package io.ironclaw.cli.attack;

import io.ironclaw.api.IronClawException;
import java.io.IOException;

/**
 * One attack.
 *
 * @param id its name
 * @param claim what holds if it comes to nothing
 */
record Attack(String id, String claim, Body body) {
  /** What is tried. */
  @FunctionalInterface
  interface Body {
    /**
     * Tries it.
     *
     * @throws IronClawException if something fails that has nothing to do with it: nothing is known
     *     then
     */
    Outcome on(Ground ground) throws IronClawException, IOException, InterruptedException;
  }
}
