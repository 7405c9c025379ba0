package io.ironclaw.bench;

import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clones: one, one by the bare driver, and many at once. Ending them is not in a clone's time. */
final class CloneProbes {
  static final String[] COMMAND = {"/bin/echo", "ready"};

  private final Lab lab;
  private final BareArguments machine;

  CloneProbes(Lab lab, BareArguments machine) {
    this.lab = lab;
    this.machine = machine;
  }

  /** From the request for a sandbox to its first command's output and exit status. */
  void cloned(Results results) throws IronClawException, IOException, InterruptedException {
    double hostCpu = CpuClock.millis();
    long start = System.nanoTime();
    try (var sandbox = lab.newClone()) {
      double opened = Lab.millisSince(start);
      Lab.run(sandbox, COMMAND);
      double total = Lab.millisSince(start);
      results.add("clone_ms", total);
      double host = CpuClock.millis() - hostCpu;
      double qemu = ProcessUsage.cpuMillis(Lab.qemuPid(sandbox));
      results.add("clone_cpu_ms", qemu + host);
      results.add("clone_cpu_qemu_ms", qemu);
      results.add("clone_cpu_host_ms", host);
      double named = 0;
      for (var phase : sandbox.spawn().phases()) {
        double took = phase.took().toNanos() / 1e6;
        named += took;
        results.add("clone_phase_" + phase.name() + "_ms", took);
      }
      results.add("clone_phase_other_ms", opened - named);
      results.add("clone_phase_command_ms", total - opened);
    }
  }

  /** The same with neither a jail nor a filter: what these take is the difference. */
  void unjailed(Results results) throws IronClawException, IOException, InterruptedException {
    double hostCpu = CpuClock.millis();
    long start = System.nanoTime();
    try (var sandbox = lab.newUnjailedClone()) {
      Lab.run(sandbox, COMMAND);
      results.add("clone_unjailed_ms", Lab.millisSince(start));
      double host = CpuClock.millis() - hostCpu;
      results.add("clone_unjailed_cpu_ms", ProcessUsage.cpuMillis(Lab.qemuPid(sandbox)) + host);
      for (var phase : sandbox.spawn().phases()) {
        results.add("clone_unjailed_phase_" + phase.name() + "_ms", phase.took().toNanos() / 1e6);
      }
    }
  }

  /** The same by the bare driver. */
  void floor(Results results) throws IOException {
    var dir = lab.newDir();
    var state = machine.state();
    double hostCpu = CpuClock.millis();
    long start = System.nanoTime();
    try (var vm = BareVm.cloneOf(machine, state, dir, firstFrames(COMMAND))) {
      double restored = Lab.millisSince(start);
      vm.within(() -> {
        vm.agent().awaitFrame(BareFrames.RENEWED);
        double renewed = Lab.millisSince(start);
        vm.agent().awaitFrame(BareFrames.EXITED);
        double total = Lab.millisSince(start);
        double host = CpuClock.millis() - hostCpu;
        double qemu = ProcessUsage.cpuMillis(vm.pid());
        results.add("clone_floor_ms", total);
        results.add("clone_floor_cpu_ms", qemu + host);
        results.add("clone_floor_cpu_qemu_ms", qemu);
        results.add("clone_floor_cpu_host_ms", host);
        vm.phases().forEach((name, ms) -> results.add("clone_floor_phase_" + name + "_ms", ms));
        results.add("clone_floor_phase_renew_ms", renewed - restored);
        results.add("clone_floor_phase_command_ms", total - renewed);
      });
    }
  }

  /** HELLO, RENEW and EXEC in one write: the agent runs nothing before the first two. */
  static byte[] firstFrames(String... argv) {
    return BareFrames.join(
        BareFrames.greeting("floor", Lab.scratchMib()), BareFrames.exec(1 << 20, argv));
  }

  /** Clones, runs a command and closes, {@code count} times by {@code parallel} threads. */
  void throughput(int parallel, int count, Results results)
      throws IOException, InterruptedException {
    Callable<Double> one =
        () -> {
          long begin = System.nanoTime();
          try (var sandbox = lab.newClone()) {
            Lab.run(sandbox, COMMAND);
            return Lab.millisSince(begin);
          }
        };
    long start = System.nanoTime();
    try (var threads = Executors.newFixedThreadPool(parallel)) {
      var running = new ArrayList<Future<Double>>();
      for (int i = 0; i < count; i++) {
        running.add(threads.submit(one));
      }
      for (var each : running) {
        results.add("clone_of_" + parallel + "_ms", each.get());
      }
    } catch (ExecutionException e) {
      throw new IOException("a clone of " + parallel + " at once failed: " + e.getCause(), e);
    }
    results.add("clones_per_s_" + parallel, count / Lab.secondsSince(start));
  }

  /** What each of several VMs holds that idle after one command. */
  void memory(int vms, Results results)
      throws IronClawException, IOException, InterruptedException {
    List<Sandbox> idle = new ArrayList<>();
    try {
      for (int i = 0; i < vms; i++) {
        var sandbox = lab.newClone();
        idle.add(sandbox);
        Lab.run(sandbox, COMMAND);
      }
      // The machine's VM and others that the benchmark holds are clones of the same template.
      int sharers = ProcessUsage.sharers(machine.memory());
      for (var sandbox : idle) {
        long pid = Lab.qemuPid(sandbox);
        results.add("pss_mb", ProcessUsage.pssMib(pid));
        double own = ProcessUsage.privateMib(pid);
        results.add("private_mb", own);
        results.add("private_with_jail_mb", own + ProcessUsage.privateMib(Lab.jailPid(pid)));
        results.add("pss_sharers", sharers);
      }
    } finally {
      idle.forEach(Sandbox::close);
    }
    try (var unjailed = lab.newUnjailedClone()) {
      Lab.run(unjailed, COMMAND);
      results.add("private_unjailed_mb", ProcessUsage.privateMib(Lab.qemuPid(unjailed)));
    }
  }

  /** From the request to a VM that may be used, with no template. */
  void coldBoot(Results results) throws IronClawException {
    long start = System.nanoTime();
    try (var sandbox = lab.newBoot()) {
      results.add("cold_boot_ms", Lab.millisSince(start));
      for (var phase : sandbox.spawn().phases()) {
        results.add("cold_boot_phase_" + phase.name() + "_ms", phase.took().toNanos() / 1e6);
      }
    }
  }
}
