package io.ironclaw.jail;

import java.io.IOException;
import java.nio.file.Path;

/** What a process has left whose launcher is gone. */
public final class Remains {
  private Remains() {}

  /**
   * Kills what still runs of it, and removes its control groups.
   *
   * @param folder the private one of its plan, which has a note of them
   */
  public static void clear(Path folder) throws IOException {
    ControlGroups.clear(folder);
  }
}
