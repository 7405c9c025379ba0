package io.ironclaw.vm.qemu;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.Limits;
import io.ironclaw.vm.HostCpu;
import io.ironclaw.vm.LaunchPlan;

/** What the guest's kernel is told (Linux, admin-guide/kernel-parameters). */
final class KernelCommandLine {
  private static final int DEBIAN_HZ = 250;

  /**
   * A panic ends the VM; only errors reach the slow serial console; no legacy hardware is probed.
   */
  private static final String ALWAYS =
      "console=ttyS0 8250.nr_uarts=1 quiet loglevel=4 panic=-1 reboot=t"
          + " i8042.noaux i8042.nokbd i8042.nopnp i8042.dumbkbd random.trust_cpu=off";

  /** What a guest never uses and a boot waits for: self tests, certificates, tracers, BTF. */
  private static final String UNUSED =
      " cryptomgr.notests"
          + " initcall_blacklist=load_system_certificate_list,init_kprobe_trace,crypto_kdf108_init,"
          + "init_encrypted,cubictcp_register,init_blk_tracer,init_trace_printk_function_export,"
          + "bpf_rstat_kfunc_init,bpf_key_sig_kfuncs_init,kfunc_init,bpf_prog_test_run_init,"
          + "bpf_tcp_ca_kfunc_init,btf_module_init,init_ima,slab_sysfs_init,snapshot_device_init,"
          + "cmos_init,vga_arb_device_init,blake2s_mod_init"
          + " lsm=landlock,yama psi=0";

  /**
   * For translated code only. Speculation barriers protect nothing there. QEMU finds translated
   * code by its virtual address, so randomized addresses make it translate libraries again for each
   * process (a start of {@code /bin/true} takes five times as long). The clock can't be checked
   * against another, and calibrating timers against an emulated one hung one boot in five.
   */
  private static final String EMULATED =
      " mitigations=off init_on_alloc=0 noreplace-smp norandmaps tsc=reliable no_timer_check";

  private KernelCommandLine() {}

  /** What does not depend on a machine's shape, its image or the host. */
  static String fixedPart(Acceleration acceleration) {
    return ALWAYS + UNUSED + (acceleration == Acceleration.EMULATED ? EMULATED : "");
  }

  static String of(LaunchPlan plan, Acceleration acceleration, HostCpu cpu) {
    var line = new StringBuilder(fixedPart(acceleration));
    if (acceleration == Acceleration.EMULATED && cpu.tscKhz() > 0) {
      line.append(" tsc_early_khz=").append(cpu.tscKhz());
      line.append(" lpj=").append(cpu.tscKhz() * 1_000 / DEBIAN_HZ);
    }
    line.append(" ironclaw.root=vda ironclaw.rootfs=").append(plan.image().type().kernelName());
    // The usual size; the renewal sets the one that is wanted.
    line.append(" ironclaw.scratch=").append(Limits.DEFAULT.scratchMib(plan.shape()));
    if (plan.nic().isPresent()) {
      line.append(" ironclaw.network=1");
    }
    return line.toString();
  }
}
