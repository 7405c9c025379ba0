package io.ironclaw.bench;

import io.ironclaw.api.IronClawException;
import io.ironclaw.sandbox.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Sets everything up that the probes need, runs them in turns, and takes it down. */
final class Bench {
  /** Every warm-up is long enough for the compiler to have seen the path. */
  private static final int CLONE_WARM_UPS = 20;

  private static final int EXEC_WARM_UPS = 300;
  private static final int EXECS = 10;
  private static final int SELDOM = 5;
  private static final int MOST_PROOFS = 1_000;
  private static final int PROOFS_A_ROUND = 20;
  private static final int IDLE_VMS = 4;
  private static final long OUT_BYTES = 128L << 20;
  private static final long IN_BYTES = 16L << 20;
  private static final List<Integer> PARALLEL = List.of(1, 2, 4, 10, 50);
  private static final int CLONES_A_SAMPLE = 8;

  /** What {@code --only} may name; which of them run depends on what is installed, too. */
  static final List<String> PROBES =
      List.of(
          ColdCache.NAME,
          "clone",
          "clone floor",
          "clone unjailed",
          "clone network",
          "clone network alone",
          "network",
          "clone proven",
          "clone unproven",
          "proofs",
          "clones by 1",
          "clones by 2",
          "clones by 4",
          "clones by 10",
          "clones by 50",
          "memory",
          "firecracker clone",
          "firecracker clone unproven",
          "firecracker clone floor",
          "firecracker idle",
          "cold boot",
          "runsc",
          "bwrap",
          "exec",
          "exec floor",
          "exec unfiltered",
          "out",
          "out floor",
          "in",
          "in floor",
          "heap flood",
          "audit event",
          "audit ring",
          "audit flood",
          "audit verify",
          "ironclaw exec",
          "exec by MCP");

  private Bench() {}

  /**
   * Measures; returns the machine's description.
   *
   * @param launcher the {@code ironclaw} command, for the figures of whole processes
   */
  static Map<String, String> run(
      Options options,
      Settings settings,
      Optional<Path> launcher,
      Results results,
      Consumer<String> progress)
      throws IronClawException, IOException, InterruptedException {
    var loadBefore = HostMachine.load();
    if (launcher.isEmpty()) {
      results.skip("cli_cold_cache_ms", "the ironclaw command was not found");
    } else if (wanted(options, ColdCache.NAME)) {
      var first = ColdCache.probe(launcher.get(), results);
      if (first.isPresent()) {
        new RoundRobin(List.of(first.get()), progress).run(1, results);
      }
    }
    try (var lab = Lab.open(settings, progress);
        var sandbox = lab.newClone()) {
      var machine = lab.bareClone();
      var facts =
          HostMachine.describe(
              sandbox.spawn().hypervisor(), sandbox.spawn().acceleration().toString());
      try (var proofs = new ProofProbes(lab, settings, sandbox.spawn().acceleration());
          var bareClone =
              BareVm.cloneOf(
                  machine, machine.state(), lab.newDir(), CloneProbes.firstFrames("/bin/true"));
          var rawPort = new RawPort(lab)) {
        bareClone.within(() -> bareClone.agent().awaitFrame(BareFrames.EXITED));
        var exec = new ExecProbes(sandbox, bareClone, rawPort);
        var probes = new ArrayList<Probe>();
        probes.addAll(clones(new CloneProbes(lab, machine)));
        probes.addAll(proofs(proofs, options.rounds()));
        var networks = NetworkProbes.of(lab, proofs, settings, results);
        networks.ifPresent(network -> probes.addAll(networks(network)));
        var firecracker =
            FirecrackerProbes.of(settings, lab.newDir().resolve("f"), System.getenv(), results);
        firecracker.ifPresent(each -> probes.addAll(firecracker(each)));
        probes.addAll(others(results));
        probes.addAll(running(exec));
        probes.addAll(audit(new AuditProbes(lab)));
        try (var mcp = new McpProbe(launcher, exec);
            var _ = networks.orElse(null);
            var _ = firecracker.orElse(null)) {
          launcher.ifPresentOrElse(
              path -> {
                probes.add(new Probe("ironclaw exec", 3, 1, 1, r -> HostProbes.cli(path, r)));
                probes.add(mcp.probe());
              },
              () -> {
                results.skip("cli_ms", "the ironclaw command was not found");
                results.skip("mcp_exec_ms", "the ironclaw command was not found");
              });
          requireListed(probes);
          probes.removeIf(p -> !wanted(options, p.name()));
          new RoundRobin(probes, progress).run(options.rounds(), results);
        }
      }
      facts.put("load before and after", loadBefore + ", " + HostMachine.load());
      return facts;
    }
  }

  private static boolean wanted(Options options, String probe) {
    return options.only().isEmpty() || options.only().contains(probe);
  }

  private static void requireListed(List<Probe> probes) {
    for (var probe : probes) {
      if (!PROBES.contains(probe.name())) {
        throw new IllegalStateException(
            "probe " + probe.name() + " is missing in the list of names");
      }
    }
  }

  private static List<Probe> clones(CloneProbes clones) {
    var probes = new ArrayList<Probe>();
    probes.add(new Probe("clone", CLONE_WARM_UPS, 1, 1, clones::cloned));
    probes.add(new Probe("clone floor", CLONE_WARM_UPS, 1, 1, clones::floor));
    probes.add(new Probe("clone unjailed", CLONE_WARM_UPS, 1, 1, clones::unjailed));
    for (int parallel : PARALLEL) {
      int count = Math.max(CLONES_A_SAMPLE, parallel);
      probes.add(
          new Probe(
              "clones by " + parallel, 1, 1, SELDOM, r -> clones.throughput(parallel, count, r)));
    }
    probes.add(new Probe("memory", 0, 1, SELDOM, r -> clones.memory(IDLE_VMS, r)));
    probes.add(new Probe("cold boot", 1, 1, SELDOM, clones::coldBoot));
    return probes;
  }

  /** A thousand proofs in a run of the usual length. */
  private static List<Probe> proofs(ProofProbes proofs, int rounds) {
    int all = Math.min(MOST_PROOFS, PROOFS_A_ROUND * rounds);
    return List.of(
        new Probe("clone proven", CLONE_WARM_UPS, 1, 1, proofs::proven),
        new Probe("clone unproven", CLONE_WARM_UPS, 1, 1, proofs::unproven),
        new Probe("proofs", 0, 1, Integer.MAX_VALUE, r -> proofs.many(all, r)));
  }

  private static List<Probe> networks(NetworkProbes networks) {
    return List.of(
        new Probe("clone network", CLONE_WARM_UPS / 2, 1, 1, networks::pooled),
        new Probe("clone network alone", CLONE_WARM_UPS / 2, 1, 1, networks::alone),
        new Probe("network", 1, 1, SELDOM, networks::throughput));
  }

  private static List<Probe> firecracker(FirecrackerProbes firecracker) {
    return List.of(
        new Probe("firecracker clone", CLONE_WARM_UPS, 1, 1, firecracker::proven),
        new Probe("firecracker clone unproven", CLONE_WARM_UPS, 1, 1, firecracker::unproven),
        new Probe("firecracker clone floor", CLONE_WARM_UPS, 1, 1, firecracker::floor),
        new Probe("firecracker idle", 0, 1, SELDOM, firecracker::idle));
  }

  private static List<Probe> audit(AuditProbes audit) {
    return List.of(
        new Probe("audit event", 3, 1, SELDOM, audit::event),
        new Probe("audit ring", 2, 1, SELDOM, audit::ring),
        new Probe("audit flood", 1, 1, SELDOM, audit::flood),
        new Probe("audit verify", 1, 1, SELDOM, audit::verify));
  }

  private static List<Probe> others(Results results) {
    var probes = new ArrayList<Probe>();
    if (HostProbes.installed("runsc")) {
      probes.add(
          new Probe("runsc", 3, 1, 1, r -> r.add("runsc_ms", HostProbes.wall(HostProbes.RUNSC))));
    } else {
      results.skip("runsc_ms", "runsc (gVisor) is not installed");
    }
    if (HostProbes.installed("bwrap")) {
      probes.add(
          new Probe("bwrap", 3, 1, 1, r -> r.add("bwrap_ms", HostProbes.wall(HostProbes.BWRAP))));
    } else {
      results.skip("bwrap_ms", "bwrap (bubblewrap) is not installed");
    }
    return probes;
  }

  private static List<Probe> running(ExecProbes exec) {
    return List.of(
        new Probe("exec", EXEC_WARM_UPS, EXECS, 1, exec::exec),
        new Probe("exec unfiltered", EXEC_WARM_UPS, EXECS, 1, exec::execUnfiltered),
        new Probe("exec floor", EXEC_WARM_UPS, EXECS, 1, exec::execFloor),
        new Probe("out", 1, 1, SELDOM, r -> exec.out(OUT_BYTES, r)),
        new Probe("out floor", 1, 1, SELDOM, r -> exec.outFloor(OUT_BYTES, r)),
        new Probe("in", 1, 1, SELDOM, r -> exec.in(IN_BYTES, r)),
        new Probe("in floor", 1, 1, SELDOM, r -> exec.inFloor(IN_BYTES, r)),
        new Probe("heap flood", 1, 1, 2 * SELDOM, exec::flood));
  }
}
