package io.ironclaw.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

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
          new AuditCheck(),
          new TemplatesCheck());

  /** What QEMU alone needs. */
  private static final Set<String> OF_QEMU = Set.of(QemuCheck.WHAT, JailCheck.WHAT);

  private Doctor() {}

  /** Looks at everything; takes less than a second on a healthy host. */
  public static List<Finding> examine(HostView host) throws InterruptedException {
    var findings = new ArrayList<Finding>();
    for (var check : CHECKS) {
      findings.addAll(check.examine(host));
    }
    return host.runsOnFirecracker() ? withoutQemu(findings) : List.copyOf(findings);
  }

  /** What is found where VMs run on Firecracker. */
  static List<Finding> withoutQemu(List<Finding> findings) {
    return findings.stream()
        .map(finding ->
            OF_QEMU.contains(finding.what())
                ? finding.dispensable("VMs run on Firecracker; QEMU could not take its place")
                : finding)
        .toList();
  }

  /** True if nothing was found that keeps VMs from running. */
  public static boolean canRun(List<Finding> findings) {
    return findings.stream().noneMatch(f -> f.level() == Finding.Level.PROBLEM);
  }
}
