package io.ironclaw.cli.doctor;

import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Printable;
import io.ironclaw.sandbox.HostTrial;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Which limits of a hypervisor the host's control groups can keep, found out by making some. */
final class CgroupCheck implements Check {
  private static final String WHAT = "control groups";
  private static final String MEANING =
      "what is absent does not limit a VM's hypervisor; its own limits of memory and files do, and"
          + " --require cgroup-memory refuses such a VM";
  private static final String FIX =
      "as a user: systemd-run --user --scope -p Delegate=yes ./ironclaw ...; or start it as root";

  /** Of which few kernels have one, or only version 2; nobody can mend that. */
  private static final Set<String> SELDOM = Set.of("cgroup-io", "cgroup-swap");

  @Override
  public List<Finding> examine(HostView host) {
    if (!host.root().equals(Path.of("/"))) {
      return List.of();
    }
    try {
      return List.of(judge(new HostTrial(host.settings()).groupsThatCanNotBeHad()));
    } catch (IronClawException e) {
      return List.of(Finding.warning(WHAT, Printable.line(e.getMessage()), MEANING, FIX));
    }
  }

  static Finding judge(Map<String, String> absent) {
    String found =
        absent.entrySet().stream()
            .map(entry -> entry.getKey() + ": " + entry.getValue())
            .collect(Collectors.joining("; "));
    if (absent.keySet().stream().allMatch(SELDOM::contains)) {
      return Finding.ok(
          WHAT,
          "memory, processes and CPU of a hypervisor are limited"
              + (found.isEmpty() ? "" : "; absent: " + found));
    }
    return Finding.warning(WHAT, "absent: " + found, MEANING, FIX);
  }
}
