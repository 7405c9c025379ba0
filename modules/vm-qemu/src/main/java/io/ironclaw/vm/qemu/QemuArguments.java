package io.ironclaw.vm.qemu;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.VmConfig;
import io.ironclaw.image.BootImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * QEMU's command line. A template and its clones must have the same machine, memory, CPUs and
 * devices in the same order, so they are written in one place.
 */
final class QemuArguments {
  /** Sockets that we listen on and QEMU connects to: with us dead, it ends before it starts. */
  static final String QMP_SOCKET = "qmp.sock";

  static final String AGENT_SOCKET = "agent.sock";

  private final Path qemu;
  private final Acceleration acceleration;
  private final HostCpu cpu;

  QemuArguments(Path qemu, Acceleration acceleration, HostCpu cpu) {
    this.qemu = qemu;
    this.acceleration = acceleration;
    this.cpu = cpu;
  }

  /** A cold boot; memory is a file if it is to become a template. */
  List<String> boot(Path dir, VmConfig config, BootImage image, Memory memory) {
    var args = machine(dir, config, image, memory);
    args.addAll(
        List.of(
            "-kernel",
            image.kernel().toString(),
            "-initrd",
            image.initramfs().toString(),
            "-append",
            KernelCommandLine.of(config, image, acceleration, cpu)));
    return args;
  }

  /** A clone: no kernel is loaded, memory is private, and QEMU waits for the device state. */
  List<String> restore(Path dir, VmConfig config, BootImage image, Memory.PrivateFile memory) {
    var args = machine(dir, config, image, memory);
    args.addAll(List.of("-incoming", "defer"));
    return args;
  }

  /** Where guest memory is. */
  sealed interface Memory {
    /** Anonymous memory, of this VM alone. */
    record Anonymous() implements Memory {}

    /** A file that takes every write: a template in the making. */
    record SharedFile(Path file) implements Memory {}

    /** A file that is copied on write: a clone. */
    record PrivateFile(Path file) implements Memory {}
  }

  private List<String> machine(Path dir, VmConfig config, BootImage image, Memory memory) {
    String size = config.memoryMib() + "M";
    String backend =
        switch (memory) {
          case Memory.Anonymous() -> "memory-backend-ram,id=mem,size=" + size;
          case Memory.SharedFile(Path file) ->
              "memory-backend-file,id=mem,share=on,size=" + size + ",mem-path=" + escape(file);
          case Memory.PrivateFile(Path file) ->
              "memory-backend-file,id=mem,share=off,size=" + size + ",mem-path=" + escape(file);
        };
    return new ArrayList<>(
        List.of(
            qemu.toString(),
            "-M",
            "microvm,memory-backend=mem,x-option-roms=off",
            "-accel",
            acceleration == Acceleration.KVM ? "kvm" : "tcg",
            "-cpu",
            cpuModel(),
            "-smp",
            "" + config.vcpus(),
            "-m",
            size,
            "-nodefaults",
            "-no-user-config",
            "-nographic",
            "-no-reboot",
            "-sandbox",
            "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            "-object",
            backend,
            "-chardev",
            "socket,id=qmp,server=off,path=" + escape(dir.resolve(QMP_SOCKET)),
            "-mon",
            "chardev=qmp,mode=control",
            "-chardev",
            "file,id=console,path=/proc/self/fd/1",
            "-serial",
            "chardev:console",
            "-device",
            "virtio-serial-device,max_ports=2",
            "-chardev",
            "socket,id=agent,server=off,path=" + escape(dir.resolve(AGENT_SOCKET)),
            "-device",
            "virtserialport,chardev=agent,name=io.ironclaw.agent,nr=1",
            "-drive",
            "id=root,if=none,format=raw,readonly=on,file=" + escape(image.rootfs()),
            "-device",
            "virtio-blk-device,drive=root"));
  }

  /** What the guest sees as its CPU; part of a template's identity. */
  String cpuModel() {
    // Emulated: x86-64-v2, which current distributions and Python wheels need; more would be
    // slower.
    return acceleration == Acceleration.KVM ? "host" : "Nehalem-v1,+arat";
  }

  /**
   * QEMU splits option values at commas; a doubled comma is a comma. It takes the start of a
   * relative path up to a colon for a protocol.
   */
  private static String escape(Path path) {
    return path.toAbsolutePath().toString().replace(",", ",,");
  }
}
