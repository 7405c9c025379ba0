package io.ironclaw.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.MachineShape;
import io.ironclaw.vm.HostCpu;
import io.ironclaw.vm.LaunchPlan;
import io.ironclaw.vm.MachineId;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelCommandLineTest {
  /** The kernel's COMMAND_LINE_SIZE on x86, less the final NUL. */
  private static final int MOST = 2_047;

  private static LaunchPlan plan() {
    return new LaunchPlan(
        new MachineId("vm-1"), Path.of("/run"), MachineShape.DEFAULT, Images.in(Path.of("/c")));
  }

  private static List<String> words(Acceleration acceleration, long tscKhz) {
    String line = KernelCommandLine.of(plan(), acceleration, new HostCpu(tscKhz));
    assertThat(line).hasSizeLessThan(MOST).matches("[\\x20-\\x7e]+");
    return Arrays.asList(line.split(" ", -1));
  }

  @Test
  void the_agent_is_told_its_root_and_the_size_of_its_writable_layer() {
    assertThat(words(Acceleration.KVM, 0))
        .contains("ironclaw.root=vda", "ironclaw.rootfs=erofs", "ironclaw.scratch=80");
  }

  @Test
  void a_panic_ends_the_vm_and_is_seen_on_the_console() {
    for (var acceleration : Acceleration.values()) {
      assertThat(words(acceleration, 2_000_000))
          .contains("panic=-1", "reboot=t", "console=ttyS0", "quiet");
    }
  }

  @Test
  void an_emulated_guest_is_told_the_rate_of_its_clock_and_loops_per_tick() {
    assertThat(words(Acceleration.EMULATED, 2_100_000))
        .contains("tsc_early_khz=2100000", "lpj=8400000", "no_timer_check");
  }

  @Test
  void an_unknown_rate_is_left_to_the_guest() {
    assertThat(words(Acceleration.EMULATED, 0))
        .noneMatch(w -> w.startsWith("tsc_early_khz") || w.startsWith("lpj"));
  }

  @Test
  void with_kvm_nothing_that_protects_the_guest_is_switched_off() {
    assertThat(words(Acceleration.KVM, 2_100_000))
        .doesNotContain("mitigations=off", "norandmaps", "init_on_alloc=0", "no_timer_check")
        .noneMatch(w -> w.startsWith("tsc") || w.startsWith("lpj"));
  }

  @Test
  void what_is_the_same_for_every_vm_is_part_of_a_templates_identity() {
    for (var acceleration : Acceleration.values()) {
      assertThat(KernelCommandLine.of(plan(), acceleration, new HostCpu(1)))
          .startsWith(KernelCommandLine.fixedPart(acceleration) + " ");
    }
  }

  @Test
  void the_hosts_clock_rate_is_plausible_or_unknown() {
    assertThat(HostCpu.read().tscKhz())
        .satisfiesAnyOf(
            khz -> assertThat(khz).isZero(),
            khz -> assertThat(khz).isBetween(100_000L, 10_000_000L));
  }
}
