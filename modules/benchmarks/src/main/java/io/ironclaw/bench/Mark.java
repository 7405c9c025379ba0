package io.ironclaw.bench;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BinaryOperator;

/**
 * A goal, judged by medians of one run.
 *
 * @param text the goal in words
 * @param unit of the value
 * @param limit what the value may be
 * @param atLeast whether the limit is the least, not the most
 * @param value empty when a figure that it needs was not measured
 */
record Mark(String text, String unit, double limit, boolean atLeast, Optional<Double> value) {
  /** What became of a mark. */
  enum Verdict {
    REACHED,
    MISSED,
    NOT_MEASURED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  Verdict verdict() {
    if (value.isEmpty()) {
      return Verdict.NOT_MEASURED;
    }
    boolean reached = atLeast ? value.get() >= limit : value.get() <= limit;
    return reached ? Verdict.REACHED : Verdict.MISSED;
  }

  static List<Mark> of(Results r) {
    BinaryOperator<Double> ratio = (a, b) -> a / b;
    BinaryOperator<Double> difference = (a, b) -> a - b;
    return List.of(
        most(
            "clone, over a bare clone's",
            "ms",
            15,
            both(r, "clone_ms", "clone_floor_ms", difference)),
        most(
            "clone, CPU over a bare clone's",
            "ms",
            15,
            both(r, "clone_cpu_ms", "clone_floor_cpu_ms", difference)),
        most(
            "jail and seccomp of a clone",
            "ms",
            15,
            both(r, "clone_ms", "clone_unjailed_ms", difference)),
        most(
            "their memory",
            "MiB",
            4,
            both(r, "private_with_jail_mb", "private_unjailed_mb", difference)),
        most(
            "the proof of a clone",
            "ms",
            5,
            both(r, "clone_proven_ms", "clone_unproven_ms", difference)),
        most(
            "network of a clone, made ahead, proof included",
            "ms",
            15,
            both(r, "clone_network_ms", "clone_ms", difference)),
        most(
            "network of a clone, made for it",
            "ms",
            60,
            both(r, "clone_network_alone_ms", "clone_ms", difference)),
        least(
            "through the rules / through none",
            "x",
            0.9,
            both(r, "network_mb_s", "network_floor_mb_s", ratio)),
        most(
            "clone on Firecracker / driven by hand",
            "x",
            1.3,
            both(r, "fc_clone_ms", "fc_clone_floor_ms", ratio)),
        most("its proof", "ms", 5, both(r, "fc_clone_ms", "fc_clone_unproven_ms", difference)),
        most("memory of an idle one", "MB PSS", 8, r.median("fc_idle_pss_mb")),
        most("CPU of 8 idle ones", "%", 0.5, r.median("fc_idle_cpu_percent")),
        most("the slowest of all proofs", "ms", 50, r.series("proof_ms").map(Series::max)),
        most("clone / runsc do", "x", 1.0, both(r, "clone_ms", "runsc_ms", ratio)),
        most(
            "exec, over a bare channel's",
            "ms",
            1.5,
            both(r, "exec_ms", "exec_floor_ms", difference)),
        most("exec by MCP, over exec", "ms", 3, r.median("mcp_exec_ms")),
        most("an event, into the audit", "us", 20, r.median("audit_event_us")),
        least("events into the ring", "k/s", 100, r.median("audit_ring_k_s")),
        most(
            "heap of ring and queue in a flood, the most",
            "MB",
            33.5,
            r.series("audit_heap_mb").map(Series::max)),
        least("verifying a log", "MiB/s", 51.2, r.median("audit_verify_mib_s")),
        most("ironclaw exec -- true", "ms", 450, r.median("cli_ms")),
        most("cold boot", "ms", 1200, r.median("cold_boot_ms")),
        most("heap taken by a flood", "MB", 8, r.median("heap_flood_mb")),
        least("out / bare port", "x", 0.6, both(r, "out_mb_s", "out_floor_mb_s", ratio)),
        least("in / bare port", "x", 0.6, both(r, "in_mb_s", "in_floor_mb_s", ratio)));
  }

  private static Mark most(String text, String unit, double limit, Optional<Double> value) {
    return new Mark(text, unit, limit, false, value);
  }

  private static Mark least(String text, String unit, double limit, Optional<Double> value) {
    return new Mark(text, unit, limit, true, value);
  }

  private static Optional<Double> both(
      Results results, String one, String other, BinaryOperator<Double> operator) {
    return results.median(one).flatMap(a -> results.median(other).map(b -> operator.apply(a, b)));
  }
}
