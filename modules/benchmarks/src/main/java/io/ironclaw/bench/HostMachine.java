package io.ironclaw.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The machine that was measured on, without its name. */
final class HostMachine {
  private HostMachine() {}

  /**
   * Describes it.
   *
   * @param hypervisor name and version
   * @param acceleration as the VMs report it
   */
  static Map<String, String> describe(String hypervisor, String acceleration) throws IOException {
    var facts = new LinkedHashMap<String, String>();
    facts.put("cpu", field(Path.of("/proc/cpuinfo"), "model name", ":"));
    facts.put("cores", "" + Runtime.getRuntime().availableProcessors());
    long kib =
        Long.parseLong(field(Path.of("/proc/meminfo"), "MemTotal", ":").replaceAll("\\D", ""));
    facts.put("memory", String.format(Locale.ROOT, "%.1f GiB", kib / 1048576.0));
    facts.put("system", field(Path.of("/etc/os-release"), "PRETTY_NAME", "=").replace("\"", ""));
    facts.put("kernel", Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip());
    facts.put("hypervisor", hypervisor + ", " + acceleration);
    facts.put("java", Runtime.version().toString());
    return facts;
  }

  /** The load of the last minute: what else the machine does. */
  static String load() throws IOException {
    return Files.readString(Path.of("/proc/loadavg")).split(" ", -1)[0];
  }

  private static String field(Path file, String name, String separator) throws IOException {
    try (var lines = Files.lines(file)) {
      return lines
          .filter(l -> l.startsWith(name))
          .findFirst()
          .map(l -> l.substring(l.indexOf(separator) + 1).strip())
          .orElse("0 (unknown)");
    }
  }
}
