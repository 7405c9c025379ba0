package io.ironclaw.vm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The host's CPU as far as an emulated guest must know it.
 *
 * @param tscKhz the rate of the time stamp counter, kHz; 0 = unknown
 */
public record HostCpu(long tscKhz) {
  private static final List<String> IDENTIFYING =
      List.of("vendor_id", "cpu family", "model", "stepping", "microcode", "flags", "bugs");

  private static final double LOWEST_MHZ = 100;
  private static final double HIGHEST_MHZ = 10_000;

  /** Reads {@code /proc/cpuinfo}: the first line "cpu MHz". */
  public static HostCpu read() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(l -> l.startsWith("cpu MHz"))
          .findFirst()
          .map(l -> parse(l.substring(l.indexOf(':') + 1).trim()))
          .orElse(new HostCpu(0));
    } catch (IOException _) {
      // No /proc: the guest calibrates by itself, slower.
      return new HostCpu(0);
    }
  }

  private static HostCpu parse(String mhz) {
    try {
      double value = Double.parseDouble(mhz);
      boolean plausible = value >= LOWEST_MHZ && value <= HIGHEST_MHZ;
      return new HostCpu(plausible ? Math.round(value * 1_000) : 0);
    } catch (NumberFormatException _) {
      return new HostCpu(0);
    }
  }

  /**
   * What a guest on KVM depends on besides its hypervisor's program: the first CPU's model,
   * microcode and features, and this kernel.
   */
  public static String identity() {
    try {
      String cpu =
          Files.readString(Path.of("/proc/cpuinfo"))
              .lines()
              .takeWhile(line -> !line.isBlank())
              .filter(line -> IDENTIFYING.stream().anyMatch(line::startsWith))
              .collect(Collectors.joining("\n"));
      return cpu + "\n" + Files.readString(Path.of("/proc/version"));
    } catch (IOException e) {
      // A template that can't be told from another host's must not be taken for ours.
      return "unknown " + UUID.randomUUID();
    }
  }
}
