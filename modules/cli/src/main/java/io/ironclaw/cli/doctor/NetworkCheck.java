package io.ironclaw.cli.doctor;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import io.ironclaw.sandbox.HostTrial;
import java.nio.file.Path;
import java.util.List;

/** Whether a VM can have a network device, found out by making what is around one. */
final class NetworkCheck implements Check {
  private static final String WHAT = "network";

  @Override
  public List<Finding> examine(HostView host) {
    if (!host.root().equals(Path.of("/"))) {
      return List.of();
    }
    try {
      new HostTrial(host.settings()).network();
      return List.of(
          Finding.ok(WHAT, "a VM can have one: its namespace and firewall were made, and tried"));
    } catch (HostException e) {
      return List.of(
          Finding.warning(
              WHAT,
              Printable.line(e.getMessage()),
              "a VM can't have a network device (--network tap); all others run"));
    }
  }
}
