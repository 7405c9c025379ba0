package io.ironclaw.vm.qemu;

import io.ironclaw.api.Acceleration;
import io.ironclaw.jail.Grant;
import io.ironclaw.vm.Devices;
import io.ironclaw.vm.HostCpu;
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
  /** The folder of sockets that we listen on and QEMU connects to: with us dead, it ends. */
  static final String SOCKETS = "sock";

  static final String QMP_SOCKET = SOCKETS + "/qmp";

  static final String AGENT_SOCKET = SOCKETS + "/agent";

  /** Where QEMU sends the state of a template in the making. */
  static final String STATE_SOCKET = SOCKETS + "/state";

  private static final String NETWORK_DEVICE = "virtio-net-device";

  private static final String KERNEL = "kernel";
  private static final String INITRAMFS = "initramfs";
  private static final String ROOT = "root";

  /** A clone's, which nobody may write to: see private_memory.c. */
  private static final String MEMORY = "memory";

  private static final String NEW_MEMORY = "new-memory";
  private static final Path KVM = Path.of("/dev/kvm");

  /** QEMU finds out by it which kind of file locks there is. */
  private static final Path NULL = Path.of("/dev/null");

  /** How a QEMU opens the file of a memory that is private. */
  enum Opening {
    /** For reading, if it is told to: since 8.2. */
    AS_ASKED,
    FOR_WRITING
  }

  private final Acceleration acceleration;
  private final HostCpu cpu;
  private final Opening opening;

  QemuArguments(Acceleration acceleration, HostCpu cpu, Opening opening) {
    this.acceleration = acceleration;
    this.cpu = cpu;
    this.opening = opening;
  }

  /** What a machine of ours has. */
  static Devices devices(LaunchPlan plan) {
    var attached =
        new ArrayList<>(List.of("virtio-serial-device", "virtserialport", "virtio-blk-device"));
    var networks = plan.nic().map(_ -> List.of(NETWORK_DEVICE)).orElse(List.of());
    attached.addAll(networks);
    return new Devices(
        networks,
        List.of(new Devices.Disk("root", true)),
        attached,
        List.of("qmp", "console", "agent"));
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
      grants.add(new Grant.WritableFile(NEW_MEMORY, plan.memory().get()));
      backend = "memory-backend-file,id=mem,share=on,mem-path=" + NEW_MEMORY;
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
            KernelCommandLine.of(plan, acceleration, cpu)));
    return new CommandLine(args, grants);
  }

  /** A clone: no kernel is loaded, memory is private, and QEMU waits for the device state. */
  CommandLine restore(LaunchPlan plan, Template template) {
    var grants = grants(plan);
    grants.add(new Grant.ReadOnlyFile(MEMORY, template.memory()));
    String readOnly =
        switch (opening) {
          case AS_ASKED -> "readonly=on,rom=off,";
          case FOR_WRITING -> "";
        };
    String backend = "memory-backend-file,id=mem," + readOnly + "share=off,mem-path=" + MEMORY;
    var args = machine(plan, backend);
    args.addAll(List.of("-incoming", "defer"));
    return new CommandLine(args, grants);
  }

  private List<Grant> grants(LaunchPlan plan) {
    var grants = new ArrayList<Grant>();
    grants.add(new Grant.Sockets(SOCKETS, plan.folder().resolve(SOCKETS)));
    grants.add(new Grant.Device(NULL));
    grants.add(new Grant.ReadOnlyFile(ROOT, plan.image().rootfs()));
    if (acceleration == Acceleration.KVM) {
      grants.add(new Grant.Device(KVM));
    }
    return grants;
  }

  private List<String> machine(LaunchPlan plan, String backend) {
    String size = plan.shape().memoryMib() + "M";
    var all =
        new ArrayList<>(
            List.of(
                // For whoever lists processes and threads.
                "-name",
                plan.id() + ",debug-threads=on",
                "-M",
                "microvm,memory-backend=mem,x-option-roms=off",
                "-accel",
                acceleration == Acceleration.KVM ? "kvm" : "tcg,tb-size=" + QemuLimits.CODE_MIB,
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
                "-add-fd",
                "fd=3,set=1",
                "-chardev",
                // Without truncating it, which a pipe refuses.
                "file,id=console,append=on,path=/dev/fdset/1",
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
    // It says nothing of itself when a clone wakes up: its guest does not move.
    plan.nic()
        .ifPresent(nic ->
            all.addAll(
                List.of(
                    "-netdev",
                    "tap,id=net,fd=" + Grant.Tap.DESCRIPTOR,
                    "-device",
                    NETWORK_DEVICE + ",netdev=net,guest_announce=off,mac=" + nic.mac())));
    return all;
  }

  /** What the guest sees as its CPU; part of a template's identity. */
  String cpuModel() {
    // Emulated: x86-64-v2, which current distributions and Python wheels need; more would be
    // slower.
    return acceleration == Acceleration.KVM ? "host" : "Nehalem-v1,+arat";
  }
}
