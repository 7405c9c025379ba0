package io.ironclaw.vm.firecracker;

import io.ironclaw.vm.Boots;
import io.ironclaw.vm.PhaseClock;
import java.nio.file.Path;

/** A process of ours that starts machines and says how far it is, until it is killed. */
final class Victim {
  private Victim() {}

  public static void main(String[] args) throws Exception {
    try (var bench = Bench.in(Path.of(args[0]))) {
      System.out.println("booting");
      var machine = Boots.boot(bench.hypervisor(), bench.plan("guest"), new PhaseClock());
      System.out.println("running");
      System.out.println("saving");
      var template = bench.template();
      System.out.println("restoring");
      var clone = bench.hypervisor().restore(bench.plan("guest"), template, new PhaseClock());
      System.out.println("cloned");
      System.in.read();
      clone.close();
      machine.close();
    }
  }
}
