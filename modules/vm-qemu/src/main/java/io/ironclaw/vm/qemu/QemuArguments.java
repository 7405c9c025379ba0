package io.ironclaw.vm.qemu;

import io.ironclaw.api.Acceleration;
import io.ironclaw.jail.Grant;
import io.ironclaw.vm.LaunchPlan;
import io.ironclaw.vm.Template;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * QEMU's command line, and the grants that it names. A template and its clones must have the same
 * machine, memory, CPUs and devices in the same order, so they are written in one place. No path of
 * the host is in it: QEMU would split one at its commas, and take the start of one for a protocol.
 */
final class QemuArguments {
  /** Sockets that we listen on and QEMU connects to: with us dead, it ends before it starts. */
  static final String QMP_SOCKET = "qmp.sock";

  static final String AGENT_SOCKET = "agent.sock";

  /** Where QEMU sends the state of a template in the making. */
  static final String STATE_SOCKET = "state.sock";

  private static final String KERNEL = "kernel";
  private static final String INITRAMFS = "initramfs";
  private static final String ROOT = "root";
  private static final String MEMORY = "memory";
  private static final Path KVM = Path.of("/dev/kvm");

  private final Acceleration acceleration;
  private final HostCpu cpu;

  QemuArguments(Acceleration acceleration, HostCpu cpu) {
    this.acceleration = acceleration;
    this.cpu = cpu;
  }

  /** A command line without its program, and what it needs. */
  record CommandLine(List<String> arguments, List<Grant> grants) {
    CommandLine {
      arguments = List.copyOf(arguments);
      grants = List.copyOf(grants);
    }
  }

  /** A cold boot; memory is a file if it is to become a template. */
  CommandLine boot(LaunchPlan plan) {
    var grants = grants(plan);
    String backend = "memory-backend-ram,id=mem";
    if (plan.memory().isPresent()) {
      grants.add(new Grant.WritableFile(MEMORY, plan.memory().get()));
      backend = "memory-backend-file,id=mem,share=on,mem-path=" + MEMORY;
    }
    grants.add(new Grant.ReadOnlyFile(KERNEL, plan.image().kernel()));
    grants.add(new Grant.ReadOnlyFile(INITRAMFS, plan.image().initramfs()));
    var args = machine(plan, backend);
    args.addAll(
        List.of(
            "-kernel",
            KERNEL,
            "-initrd",
            INITRAMFS,
            "-append",
            KernelCommandLine.of(plan.shape(), plan.image(), acceleration, cpu)));
    return new CommandLine(args, grants);
  }

  /** A clone: no kernel is loaded, memory is private, and QEMU waits for the device state. */
  CommandLine restore(LaunchPlan plan, Template template) {
    var grants = grants(plan);
    grants.add(new Grant.ReadOnlyFile(MEMORY, template.memory()));
    var args = machine(plan, "memory-backend-file,id=mem,share=off,mem-path=" + MEMORY);
    args.addAll(List.of("-incoming", "defer"));
    return new CommandLine(args, grants);
  }

  private List<Grant> grants(LaunchPlan plan) {
    var grants = new ArrayList<Grant>();
    grants.add(new Grant.Socket(QMP_SOCKET));
    grants.add(new Grant.Socket(AGENT_SOCKET));
    grants.add(new Grant.ReadOnlyFile(ROOT, plan.image().rootfs()));
    if (acceleration == Acceleration.KVM) {
      grants.add(new Grant.Device(KVM));
    }
    return grants;
  }

  private List<String> machine(LaunchPlan plan, String backend) {
    String size = plan.shape().memoryMib() + "M";
    return new ArrayList<>(
        List.of(
            "-M",
            "microvm,memory-backend=mem,x-option-roms=off",
            "-accel",
            acceleration == Acceleration.KVM ? "kvm" : "tcg",
            "-cpu",
            cpuModel(),
            "-smp",
            "" + plan.shape().vcpus(),
            "-m",
            size,
            "-nodefaults",
            "-no-user-config",
            "-nographic",
            "-no-reboot",
            "-sandbox",
            "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            "-object",
            backend + ",size=" + size,
            "-chardev",
            "socket,id=qmp,server=off,path=" + QMP_SOCKET,
            "-mon",
            "chardev=qmp,mode=control",
            "-chardev",
            "file,id=console,path=/proc/self/fd/1",
            "-serial",
            "chardev:console",
            "-device",
            "virtio-serial-device,max_ports=2",
            "-chardev",
            "socket,id=agent,server=off,path=" + AGENT_SOCKET,
            "-device",
            "virtserialport,chardev=agent,name=io.ironclaw.agent,nr=1",
            "-drive",
            "id=root,if=none,format=raw,readonly=on,file=" + ROOT,
            "-device",
            "virtio-blk-device,drive=root"));
  }

  /** What the guest sees as its CPU; part of a template's identity. */
  String cpuModel() {
    // Emulated: x86-64-v2, which current distributions and Python wheels need; more would be
    // slower.
    return acceleration == Acceleration.KVM ? "host" : "Nehalem-v1,+arat";
  }
}
