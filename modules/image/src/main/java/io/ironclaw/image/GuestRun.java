package io.ironclaw.image;

import io.ironclaw.api.IronClawException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** Runs a program of an image in a VM: nothing that comes in a package runs on the host. */
@FunctionalInterface
public interface GuestRun {
  /**
   * Runs it to its end, which must be status 0.
   *
   * @param stdout takes what it prints; hostile, and not bounded here
   */
  void run(BootImage image, List<String> argv, OutputStream stdout)
      throws IronClawException, IOException, InterruptedException;
}
