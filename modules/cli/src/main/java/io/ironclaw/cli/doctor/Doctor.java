package io.ironclaw.cli.doctor;

import java.util.ArrayList;
import java.util.List;

/** Runs every check. */
public final class Doctor {
  private static final List<Check> CHECKS =
      List.of(
          new JavaCheck(),
          new HypervisorCheck(),
          new QemuCheck(),
          new KvmCheck(),
          new ToolsCheck(),
          new JailCheck(),
          new CgroupCheck(),
          new NetworkCheck(),
          new MemoryCheck(),
          new FoldersCheck(),
          new TemplatesCheck());

  private Doctor() {}

  /** Looks at everything; takes less than a second on a healthy host. */
  public static List<Finding> examine(HostView host) throws InterruptedException {
    var findings = new ArrayList<Finding>();
    for (var check : CHECKS) {
      findings.addAll(check.examine(host));
    }
    return List.copyOf(findings);
  }

  /** True if nothing was found that keeps VMs from running. */
  public static boolean canRun(List<Finding> findings) {
    return findings.stream().noneMatch(f -> f.level() == Finding.Level.PROBLEM);
  }
}
