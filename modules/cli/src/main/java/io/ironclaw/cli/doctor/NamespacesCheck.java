package io.ironclaw.cli.doctor;

import java.util.List;
import java.util.Optional;

/** Whether users may make user namespaces, which a jail without root is made of. */
final class NamespacesCheck implements Check {
  private static final String WHAT = "user namespaces";
  private static final String MEANING =
      "this version's VMs run without them; confining the hypervisor without root will need them";

  @Override
  public List<Finding> examine(HostView host) {
    return List.of(
        restricted(host, "kernel/apparmor_restrict_unprivileged_userns", "1", "0")
            .or(() -> restricted(host, "kernel/unprivileged_userns_clone", "0", "1"))
            .or(() -> restricted(host, "user/max_user_namespaces", "0", "15000"))
            .orElseGet(() ->
                host.text("/proc/sys/user/max_user_namespaces").isPresent()
                    ? Finding.ok(WHAT, "users may make them")
                    : Finding.warning(
                        WHAT, "this kernel has none", MEANING, "use a kernel with them")));
  }

  private static Optional<Finding> restricted(
      HostView host, String setting, String bad, String good) {
    return host.text("/proc/sys/" + setting)
        .filter(bad::equals)
        .map(value -> {
          String name = setting.replace('/', '.');
          return Finding.warning(
              WHAT, name + " is " + value, MEANING, "sudo sysctl -w " + name + "=" + good);
        });
  }
}
