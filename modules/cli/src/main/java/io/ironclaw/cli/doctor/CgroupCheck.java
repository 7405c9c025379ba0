package io.ironclaw.cli.doctor;

import java.nio.file.Files;
import java.util.List;

/** Which control groups the host has. */
final class CgroupCheck implements Check {
  private static final String WHAT = "control groups";
  private static final String MEANING =
      "this version's VMs are bounded by QEMU's own limits; bounds by the kernel will need version"
          + " 2";

  @Override
  public List<Finding> examine(HostView host) {
    var controllers = host.text("/sys/fs/cgroup/cgroup.controllers");
    if (controllers.isPresent()) {
      return List.of(
          Finding.ok(
              WHAT,
              "version 2, controllers: "
                  + (controllers.get().isEmpty() ? "none" : controllers.get())));
    }
    boolean hybrid = Files.exists(host.path("/sys/fs/cgroup/unified/cgroup.procs"));
    boolean first = Files.exists(host.path("/sys/fs/cgroup/memory"));
    return List.of(
        Finding.warning(
            WHAT,
            hybrid ? "versions 1 and 2 (hybrid)" : first ? "version 1" : "none mounted",
            MEANING,
            "boot with systemd.unified_cgroup_hierarchy=1 on the kernel command line"));
  }
}
