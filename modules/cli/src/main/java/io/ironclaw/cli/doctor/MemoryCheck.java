package io.ironclaw.cli.doctor;

import io.ironclaw.api.MachineShape;
import java.util.List;
import java.util.Optional;

/** Memory for VMs. */
final class MemoryCheck implements Check {
  private static final String WHAT = "memory";

  @Override
  public List<Finding> examine(HostView host) {
    var available = available(host);
    if (available.isEmpty()) {
      return List.of(
          Finding.warning(WHAT, "/proc/meminfo can't be read", "it may or may not be enough"));
    }
    long mib = available.get();
    long vms = mib / MachineShape.DEFAULT.memoryMib();
    String found = mib + " MiB available, " + Runtime.getRuntime().availableProcessors() + " CPUs";
    return List.of(
        vms >= 1
            ? Finding.ok(WHAT, found + ": room for " + vms + " VMs of the default size, fully used")
            : Finding.warning(
                WHAT,
                found,
                "less than one VM of the default size; the kernel may end VMs or other programs",
                "end other programs, or use --memory 64m"));
  }

  private static Optional<Long> available(HostView host) {
    for (String line : host.text("/proc/meminfo").orElse("").split("\n", -1)) {
      String[] words = line.trim().split(" +", -1);
      if (words.length == 3 && words[0].equals("MemAvailable:")) {
        try {
          return Optional.of(Long.parseLong(words[1]) >> 10);
        } catch (NumberFormatException _) {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }
}
