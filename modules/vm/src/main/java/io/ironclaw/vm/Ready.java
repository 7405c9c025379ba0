package io.ironclaw.vm;

import io.ironclaw.jail.Reading;
import java.util.List;

/**
 * A machine that may be handed out.
 *
 * @param readings what it was admitted for
 */
public record Ready(Admission.Candidate candidate, List<Reading> readings) {
  public Ready {
    readings = List.copyOf(readings);
  }

  public Machine machine() {
    return candidate.machine();
  }
}
