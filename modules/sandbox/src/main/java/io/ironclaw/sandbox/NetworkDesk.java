package io.ironclaw.sandbox;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.NetworkReport;
import io.ironclaw.api.Printable;
import io.ironclaw.api.VmId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where a running VM that has a network is asked what it lets pass, and what it did. */
public final class NetworkDesk {
  private static final String TEXT = "net";
  private static final String JSON = "net.json";

  /** Less than a socket holds. */
  private static final int MOST_BYTES = 128 << 10;

  private NetworkDesk() {}

  /** Looks. */
  @FunctionalInterface
  interface Reporting {
    NetworkReport now() throws IronClawException;
  }

  /** Opens one for people and one for programs. */
  static List<Desk> open(Path folder, Reporting reporting, Desk.Asked asked) throws IOException {
    var desks = new ArrayList<Desk>();
    boolean done = false;
    try {
      desks.add(Desk.open(folder, TEXT, () -> reporting.now().text(), asked));
      desks.add(Desk.open(folder, JSON, () -> reporting.now().json(), asked));
      done = true;
      return List.copyOf(desks);
    } finally {
      if (!done) {
        desks.forEach(Desk::close);
      }
    }
  }

  /**
   * Asks a running VM of this user.
   *
   * @param json one line of JSON, not lines for a person
   * @return empty if none of that name runs that has a network
   */
  public static Optional<String> ask(Settings settings, VmId vm, boolean json)
      throws HostException {
    return Desk.ask(settings, vm, json ? JSON : TEXT, MOST_BYTES)
        .map(answer -> new String(answer, StandardCharsets.UTF_8))
        // Canonical JSON has no control characters, and nothing in it may be changed.
        .map(text -> json ? text : Printable.lines(text));
  }
}
