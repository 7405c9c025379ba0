package io.ironclaw.audit;

import java.util.List;
import java.util.Optional;

/**
 * What the verification of a log came to.
 *
 * @param entries that were looked at, up to the break if there is one
 * @param first number of the oldest entry; 0 if there is none
 * @param last number of the newest one
 * @param signedThrough number of the newest entry that a signature covers; 0 if none does
 * @param signatures that are right
 * @param broken the first thing that is not as it was written; empty if the log is whole
 * @param notes what else there is to know, and what can't be known
 */
public record Verification(
    long entries,
    long first,
    long last,
    long signedThrough,
    long signatures,
    Optional<Break> broken,
    List<String> notes) {
  public Verification {
    notes = List.copyOf(notes);
  }

  /**
   * Where a log is not as it was written.
   *
   * @param file its name; empty text if it is none of them
   * @param line of that file, from 1 on; 0 if it is none
   * @param what in words
   */
  public record Break(String file, long line, String what) {
    @Override
    public String toString() {
      return (file.isEmpty() ? "" : file + (line > 0 ? ", line " + line : "") + ": ") + what;
    }
  }

  public boolean isWhole() {
    return broken.isEmpty();
  }
}
