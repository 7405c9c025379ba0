package io.ironclaw.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a VM is made of. Every bound is checked at construction and every violation is reported at
 * once.
 *
 * @param vcpus virtual CPUs, 1 to 32
 * @param memoryMib guest memory in MiB, 80 to 65,536
 * @param diskMib the writable layer over the read-only image, in MiB, 1 to {@link #mostDisk} (it
 *     lives in guest memory)
 * @param timeout how long one command may run, 100 ms to 24 h
 * @param network the network mode if one was chosen explicitly; empty means none
 * @param allow destinations that the network may reach; legal only with a mode that has a network
 */
public record VmConfig(
    int vcpus,
    int memoryMib,
    int diskMib,
    Duration timeout,
    Optional<NetworkMode> network,
    List<String> allow) {
  public static final int MIN_VCPUS = 1;
  public static final int MAX_VCPUS = 32;
  public static final int MIN_MEMORY_MIB = 80;
  public static final int MAX_MEMORY_MIB = 65_536;
  public static final Duration MIN_TIMEOUT = Duration.ofMillis(100);
  public static final Duration MAX_TIMEOUT = Duration.ofHours(24);

  /** 1 vCPU, 256 MiB, 80 MiB of writable layer, 10 minutes a command, no network. */
  public static final VmConfig DEFAULT =
      new VmConfig(1, 256, 80, Duration.ofMinutes(10), Optional.empty(), List.of());

  /** One broken bound. */
  public record Violation(String field, String value, String allowed) {
    @Override
    public String toString() {
      return field + " is " + value + ", allowed: " + allowed;
    }
  }

  /**
   * @throws InvalidVmConfigException with every violation
   */
  public VmConfig {
    allow = List.copyOf(allow);
    var violations = new ArrayList<Violation>();
    if (vcpus < MIN_VCPUS || vcpus > MAX_VCPUS) {
      violations.add(new Violation("vcpus", "" + vcpus, MIN_VCPUS + " to " + MAX_VCPUS));
    }
    if (memoryMib < MIN_MEMORY_MIB || memoryMib > MAX_MEMORY_MIB) {
      violations.add(
          new Violation(
              "memory", memoryMib + " MiB", MIN_MEMORY_MIB + " MiB to " + MAX_MEMORY_MIB + " MiB"));
    }
    int mostDisk = mostDisk(memoryMib);
    if (diskMib < 1 || diskMib > mostDisk) {
      violations.add(
          new Violation(
              "disk",
              diskMib + " MiB",
              "1 MiB to " + mostDisk + " MiB (two fifths of what the guest has of its memory)"));
    }
    if (timeout.compareTo(MIN_TIMEOUT) < 0 || timeout.compareTo(MAX_TIMEOUT) > 0) {
      violations.add(new Violation("timeout", shown(timeout), "100 ms to 24 h"));
    }
    var mode = network.orElse(NetworkMode.NONE);
    if (mode != NetworkMode.NONE) {
      violations.add(new Violation("network", mode.toString(), "none (this version has no other)"));
    }
    if (mode == NetworkMode.NONE && !allow.isEmpty()) {
      violations.add(
          new Violation(
              "allow", String.join(",", allow), "nothing while the network mode is none"));
    }
    if (!violations.isEmpty()) {
      throw new InvalidVmConfigException(violations);
    }
  }

  /**
   * The largest writable layer of a memory: two fifths of what its kernel leaves, which is the
   * memory less 48 MiB and a thirtieth.
   */
  public static int mostDisk(int memoryMib) {
    long left = memoryMib - 48L - memoryMib / 30;
    return (int) Math.max(8, left * 2 / 5);
  }

  private static String shown(Duration time) {
    long millis = time.toMillis();
    return millis % 60_000 == 0 && millis != 0
        ? (millis % 3_600_000 == 0 ? time.toHours() + " h" : time.toMinutes() + " min")
        : millis + " ms";
  }
}
