package io.ironclaw.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.MachineShape;
import io.ironclaw.jail.Grant;
import io.ironclaw.vm.Boots;
import io.ironclaw.vm.HostCpu;
import io.ironclaw.vm.LaunchPlan;
import io.ironclaw.vm.MachineId;
import io.ironclaw.vm.Template;
import io.ironclaw.vm.qemu.QemuArguments.CommandLine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class QemuArgumentsTest {
  private static final Path RUN = Path.of("/run/vm,file=b");
  private static final Path CACHE = Path.of("/cache,readonly=off");
  private static final Template TEMPLATE =
      new Template(CACHE.resolve("template"), "key", List.of());

  private static QemuArguments arguments(Acceleration acceleration) {
    return new QemuArguments(
        acceleration, new HostCpu(2_000_000), QemuArguments.Opening.FOR_WRITING);
  }

  private static LaunchPlan plan(MachineShape shape, Optional<Path> memory) {
    return new LaunchPlan(
        new MachineId("vm-1"), RUN, shape, Images.in(CACHE), Optional.empty(), memory);
  }

  private static CommandLine boot(Acceleration acceleration) {
    return arguments(acceleration).boot(plan(MachineShape.DEFAULT, Optional.empty()));
  }

  private static CommandLine bootForTemplate(Acceleration acceleration) {
    return arguments(acceleration)
        .boot(plan(MachineShape.DEFAULT, Optional.of(CACHE.resolve("memory"))));
  }

  private static CommandLine restore(Acceleration acceleration) {
    return arguments(acceleration).restore(plan(MachineShape.DEFAULT, Optional.empty()), TEMPLATE);
  }

  /** Every command line that there is. */
  private static List<CommandLine> all(Acceleration acceleration) {
    return List.of(boot(acceleration), bootForTemplate(acceleration), restore(acceleration));
  }

  /** The values of an option. */
  private static List<String> values(CommandLine line, String option) {
    var args = line.arguments();
    var values = new ArrayList<String>();
    for (int i = 0; i + 1 < args.size(); i++) {
      if (args.get(i).equals(option)) {
        values.add(args.get(i + 1));
      }
    }
    return values;
  }

  @ParameterizedTest
  @EnumSource
  void there_is_no_network_device_and_no_device_but_the_three_that_are_needed(
      Acceleration acceleration) {
    for (var line : all(acceleration)) {
      assertThat(line.arguments())
          .contains("-nodefaults", "-no-user-config")
          .doesNotContain("-nic", "-netdev", "-net", "-readconfig", "-virtfs", "-fsdev", "-usb");
      assertThat(values(line, "-device"))
          .containsExactly(
              "virtio-serial-device,max_ports=2",
              "virtserialport,chardev=agent,name=io.ironclaw.agent,nr=1",
              "virtio-blk-device,drive=root");
      assertThat(values(line, "-append").toString()).doesNotContain("ip=");
    }
  }

  @ParameterizedTest
  @EnumSource
  void qemus_own_seccomp_filter_is_on_with_every_part_of_it(Acceleration acceleration) {
    for (var line : all(acceleration)) {
      assertThat(values(line, "-sandbox"))
          .containsExactly(
              "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    }
  }

  @ParameterizedTest
  @EnumSource
  void qemu_listens_nowhere_and_its_one_disk_is_read_only(Acceleration acceleration) {
    for (var line : all(acceleration)) {
      assertThat(values(line, "-chardev"))
          .containsExactly(
              "socket,id=qmp,server=off,path=sock/qmp",
              "file,id=console,append=on,path=/dev/fdset/1",
              "socket,id=agent,server=off,path=sock/agent");
      assertThat(values(line, "-drive"))
          .containsExactly("id=root,if=none,format=raw,readonly=on,file=root");
      assertThat(line.arguments()).doesNotContain("-monitor", "-qmp", "-vnc", "-gdb", "-s");
    }
  }

  @Test
  void an_emulated_guest_may_take_longer_to_boot_than_kvm_is_given_to_prove_itself() {
    assertThat(Boots.deadline(Acceleration.EMULATED)).hasSeconds(30);
    assertThat(Boots.deadline(Acceleration.KVM)).hasSeconds(10);
  }

  @ParameterizedTest
  @EnumSource
  void no_path_of_the_host_is_in_the_arguments_and_each_is_granted_by_its_name(
      Acceleration acceleration) {
    for (var line : all(acceleration)) {
      assertThat(line.arguments())
          .noneMatch(a -> a.contains("cache") || a.contains("run/") || a.contains("/vm-1"));
      assertThat(line.grants())
          .contains(
              new Grant.ReadOnlyFile("root", CACHE.resolve("rootfs")),
              new Grant.Sockets("sock", RUN.resolve("sock")),
              new Grant.Device(Path.of("/dev/null")));
      assertThat(line.grants().contains(new Grant.Device(Path.of("/dev/kvm"))))
          .isEqualTo(acceleration == Acceleration.KVM);
    }
    assertThat(restore(acceleration).grants()).noneMatch(g -> g instanceof Grant.WritableFile);
    assertThat(boot(acceleration).grants())
        .contains(
            new Grant.ReadOnlyFile("kernel", CACHE.resolve("vmlinux")),
            new Grant.ReadOnlyFile("initramfs", CACHE.resolve("initramfs")))
        .noneMatch(g -> g instanceof Grant.WritableFile);
  }

  @Test
  void memory_is_shared_with_a_template_in_the_making_and_private_for_a_clone() {
    assertThat(values(boot(Acceleration.EMULATED), "-object"))
        .containsExactly("memory-backend-ram,id=mem,size=256M");
    var making = bootForTemplate(Acceleration.EMULATED);
    assertThat(values(making, "-object"))
        .containsExactly("memory-backend-file,id=mem,share=on,mem-path=new-memory,size=256M");
    assertThat(making.grants())
        .contains(new Grant.WritableFile("new-memory", CACHE.resolve("memory")));
    var clone = restore(Acceleration.EMULATED);
    assertThat(values(clone, "-object"))
        .containsExactly("memory-backend-file,id=mem,share=off,mem-path=memory,size=256M");
    assertThat(clone.grants()).contains(new Grant.ReadOnlyFile("memory", TEMPLATE.memory()));
  }

  @Test
  void a_clone_has_the_machine_of_its_template_and_waits_for_its_state() {
    var template =
        bootForTemplate(Acceleration.EMULATED).arguments().stream()
            .map(a -> a.replace("share=on,mem-path=new-", "share=off,mem-path="))
            .toList();
    var clone = restore(Acceleration.EMULATED).arguments();
    int machine = template.indexOf("-kernel");
    assertThat(clone.subList(0, machine)).isEqualTo(template.subList(0, machine));
    assertThat(clone.subList(machine, clone.size())).containsExactly("-incoming", "defer");
  }

  @Test
  void cpus_memory_and_accelerator_are_those_of_the_shape() {
    var line = arguments(Acceleration.KVM).boot(plan(new MachineShape(3, 512), Optional.empty()));
    assertThat(values(line, "-smp")).containsExactly("3");
    assertThat(values(line, "-m")).containsExactly("512M");
    assertThat(values(line, "-accel")).containsExactly("kvm");
    assertThat(values(boot(Acceleration.EMULATED), "-accel")).containsExactly("tcg,tb-size=256");
  }
}
