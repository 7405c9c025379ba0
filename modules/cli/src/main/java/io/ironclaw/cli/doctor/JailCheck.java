package io.ironclaw.cli.doctor;

import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Jail;
import io.ironclaw.api.Printable;
import io.ironclaw.host.ffi.SeccompLibrary;
import io.ironclaw.sandbox.HostTrial;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether a hypervisor can be put in a jail, found out by doing it; and if not, what to change. */
final class JailCheck implements Check {
  static final String WHAT = "jail";
  private static final String MEANING =
      "no VM starts without its jail; --jail none starts one whose hypervisor has your rights";
  private static final String CONTAINER =
      "start the container with --cap-add SYS_ADMIN --security-opt seccomp=unconfined"
          + " --security-opt apparmor=unconfined, or IronClaw outside of it";

  /** A setting of the kernel, what forbids namespaces, and what allows them. */
  private record Setting(String name, String bad, String good) {}

  private static final List<Setting> SETTINGS =
      List.of(
          new Setting("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
          new Setting("kernel.unprivileged_userns_clone", "0", "1"),
          new Setting("user.max_user_namespaces", "0", "15000"));

  @Override
  public List<Finding> examine(HostView host) {
    var findings = new ArrayList<Finding>();
    if (host.settings().jail() == Jail.NONE) {
      findings.add(
          Finding.warning(
              WHAT,
              "switched off by IRONCLAW_JAIL=none",
              "a hypervisor that its guest takes over has your rights",
              "unset IRONCLAW_JAIL"));
      return findings;
    }
    if (host.program("bwrap").isEmpty()) {
      findings.add(
          Finding.problem(
              WHAT, "bwrap is not on PATH", MEANING, "sudo apt-get install bubblewrap"));
      return findings;
    }
    findings.addAll(library());
    var tried = tried(host);
    findings.add(tried.level() == Finding.Level.OK ? tried : restricted(host).orElse(tried));
    return findings;
  }

  private static List<Finding> library() {
    try (var _ = SeccompLibrary.open()) {
      return List.of();
    } catch (IronClawException e) {
      return List.of(
          Finding.problem(
              "libseccomp",
              Printable.line(e.getMessage()),
              "no seccomp filter can be made, and no VM starts without",
              "sudo apt-get install libseccomp2"));
    }
  }

  /** What forbids a jail that could not be made. */
  private static Optional<Finding> restricted(HostView host) {
    for (var setting : SETTINGS) {
      boolean bad =
          host.text("/proc/sys/" + setting.name().replace('.', '/'))
              .filter(setting.bad()::equals)
              .isPresent();
      if (bad) {
        return Optional.of(
            Finding.problem(
                WHAT,
                "no user namespaces: " + setting.name() + " is " + setting.bad(),
                MEANING,
                "sudo sysctl -w " + setting.name() + "=" + setting.good()));
      }
    }
    return Optional.empty();
  }

  /** Only this host can be tried, and not one of a test's. */
  private static Finding tried(HostView host) {
    if (!host.root().equals(Path.of("/"))) {
      return Finding.warning(WHAT, "not tried", "this is not the running host");
    }
    try {
      new HostTrial(host.settings()).jail();
      return Finding.ok(
          WHAT,
          "works: QEMU ran in namespaces of its own under seccomp "
              + host.settings().seccomp().text());
    } catch (IronClawException e) {
      return Finding.problem(WHAT, Printable.line(e.getMessage()), MEANING, fix(host));
    }
  }

  private static String fix(HostView host) {
    boolean container =
        host.text("/.dockerenv").isPresent()
            || host.text("/run/.containerenv").isPresent()
            || host.text("/proc/self/uid_map")
                .map(map -> !map.endsWith("4294967295"))
                .orElse(false);
    return container ? CONTAINER : "see what it says; --jail none is the way without a jail";
  }
}
