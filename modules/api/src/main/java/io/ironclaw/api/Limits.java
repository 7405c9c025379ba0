package io.ironclaw.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What bounds a sandbox's commands. They may differ between machines of one template.
 *
 * @param time how long one command may run, 100 ms to 24 h; a command may ask for less or more
 * @param scratchMib the writable layer over the read-only image, in MiB, 1 to {@link #mostScratch}
 *     (it lives in guest memory); empty = 80, or as much of a small memory as can be
 */
public record Limits(Duration time, OptionalInt scratchMib) {
  public static final Duration MIN_TIME = Duration.ofMillis(100);
  public static final Duration MAX_TIME = Duration.ofHours(24);

  /** 10 minutes a command, the usual writable layer. */
  public static final Limits DEFAULT = new Limits(Duration.ofMinutes(10), OptionalInt.empty());

  private static final int USUAL_SCRATCH_MIB = 80;

  /**
   * @throws InvalidSpecException if the time is out of its bounds; those of the writable layer
   *     depend on the memory, and {@link SandboxSpec} checks them
   */
  public Limits {
    InvalidSpecException.throwIfAny(violations(time));
  }

  static List<Violation> violations(Duration time) {
    return time.compareTo(MIN_TIME) < 0 || time.compareTo(MAX_TIME) > 0
        ? List.of(new Violation("timeout", shown(time), "100 ms to 24 h"))
        : List.of();
  }

  static List<Violation> violations(OptionalInt scratchMib, int memoryMib) {
    var violations = new ArrayList<Violation>();
    int most = mostScratch(memoryMib);
    if (scratchMib.isPresent() && (scratchMib.getAsInt() < 1 || scratchMib.getAsInt() > most)) {
      violations.add(
          new Violation(
              "disk",
              scratchMib.getAsInt() + " MiB",
              "1 MiB to " + most + " MiB (two fifths of what the guest has of its memory)"));
    }
    return violations;
  }

  /**
   * The largest writable layer of a memory, both in MiB: two fifths of what its kernel leaves,
   * which is the memory less 48 MiB and a thirtieth.
   */
  public static int mostScratch(int memoryMib) {
    long left = memoryMib - 48L - memoryMib / 30;
    return (int) Math.max(8, left * 2 / 5);
  }

  /** The writable layer of a machine of this shape, in MiB. */
  public int scratchMib(MachineShape shape) {
    return scratchMib.orElse(Math.min(USUAL_SCRATCH_MIB, mostScratch(shape.memoryMib())));
  }

  /** The same with another time for a command. */
  public Limits withTime(Duration other) {
    return new Limits(other, scratchMib);
  }

  /** The same with another writable layer, in MiB. */
  public Limits withScratchMib(int mebibytes) {
    return new Limits(time, OptionalInt.of(mebibytes));
  }

  private static String shown(Duration time) {
    long millis = time.toMillis();
    return millis % 60_000 == 0 && millis != 0
        ? (millis % 3_600_000 == 0 ? time.toHours() + " h" : time.toMinutes() + " min")
        : millis + " ms";
  }
}
