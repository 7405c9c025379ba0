package io.ironclaw.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.VmConfig;
import io.ironclaw.vm.qemu.QemuArguments.Memory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class QemuArgumentsTest {
  private static final Path RUN = Path.of("/run/vm,file=b");
  private static final Path CACHE = Path.of("/cache,readonly=off");
  private static final Memory.PrivateFile CLONE = new Memory.PrivateFile(CACHE.resolve("memory"));

  private static QemuArguments arguments(Acceleration acceleration) {
    return new QemuArguments(Path.of("/usr/bin/qemu"), acceleration, new HostCpu(2_000_000));
  }

  private static List<String> boot(Acceleration acceleration, Memory memory) {
    return arguments(acceleration).boot(RUN, VmConfig.DEFAULT, Images.in(CACHE), memory);
  }

  private static List<String> restore(Acceleration acceleration) {
    return arguments(acceleration).restore(RUN, VmConfig.DEFAULT, Images.in(CACHE), CLONE);
  }

  /** Every command line that there is. */
  private static List<List<String>> all(Acceleration acceleration) {
    return List.of(
        boot(acceleration, new Memory.Anonymous()),
        boot(acceleration, new Memory.SharedFile(CACHE.resolve("memory"))),
        restore(acceleration));
  }

  /** The values of an option. */
  private static List<String> values(List<String> args, String option) {
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
    for (var args : all(acceleration)) {
      assertThat(args)
          .contains("-nodefaults", "-no-user-config")
          .doesNotContain("-nic", "-netdev", "-net", "-readconfig", "-virtfs", "-fsdev", "-usb");
      assertThat(values(args, "-device"))
          .containsExactly(
              "virtio-serial-device,max_ports=2",
              "virtserialport,chardev=agent,name=io.ironclaw.agent,nr=1",
              "virtio-blk-device,drive=root");
      assertThat(values(args, "-append").toString()).doesNotContain("ip=");
    }
  }

  @ParameterizedTest
  @EnumSource
  void qemus_own_seccomp_filter_is_on_with_every_part_of_it(Acceleration acceleration) {
    for (var args : all(acceleration)) {
      assertThat(values(args, "-sandbox"))
          .containsExactly(
              "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    }
  }

  @ParameterizedTest
  @EnumSource
  void qemu_listens_nowhere_and_its_one_disk_is_read_only(Acceleration acceleration) {
    for (var args : all(acceleration)) {
      assertThat(values(args, "-chardev"))
          .containsExactly(
              "socket,id=qmp,server=off,path=/run/vm,,file=b/qmp.sock",
              "file,id=console,path=/proc/self/fd/1",
              "socket,id=agent,server=off,path=/run/vm,,file=b/agent.sock");
      assertThat(values(args, "-drive"))
          .containsExactly(
              "id=root,if=none,format=raw,readonly=on,file=/cache,,readonly=off/rootfs");
      assertThat(args).doesNotContain("-monitor", "-qmp", "-vnc", "-gdb", "-s");
    }
  }

  @Test
  void an_emulated_guest_may_take_longer_to_boot_than_kvm_is_given_to_prove_itself() {
    assertThat(QemuHypervisor.bootDeadline(Acceleration.EMULATED)).hasSeconds(30);
    assertThat(QemuHypervisor.bootDeadline(Acceleration.KVM)).hasSeconds(10);
  }

  @Test
  void a_comma_in_a_path_is_no_new_option() {
    for (var args : all(Acceleration.EMULATED)) {
      for (var option : List.of("-chardev", "-drive", "-object")) {
        for (var value : values(args, option)) {
          assertThat(value.replace(",,", ""))
              .doesNotContain(",file=b")
              .doesNotContain(",readonly=off");
        }
      }
    }
  }

  @Test
  void a_relative_path_with_a_colon_is_no_protocol() {
    var args =
        arguments(Acceleration.EMULATED)
            .boot(
                RUN, VmConfig.DEFAULT, Images.in(Path.of("nbd:10.0.0.1")), new Memory.Anonymous());
    assertThat(values(args, "-drive").getFirst()).contains(",file=/").endsWith("/rootfs");
  }

  @Test
  void memory_is_shared_with_a_template_in_the_making_and_private_for_a_clone() {
    assertThat(values(boot(Acceleration.EMULATED, new Memory.Anonymous()), "-object"))
        .containsExactly("memory-backend-ram,id=mem,size=256M");
    var memory = new Memory.SharedFile(CACHE.resolve("memory"));
    assertThat(values(boot(Acceleration.EMULATED, memory), "-object").getFirst())
        .contains("share=on")
        .endsWith(",mem-path=/cache,,readonly=off/memory");
    assertThat(values(restore(Acceleration.EMULATED), "-object").getFirst())
        .contains("share=off")
        .endsWith(",mem-path=/cache,,readonly=off/memory");
  }

  @Test
  void a_clone_has_the_machine_of_its_template_and_waits_for_its_state() {
    var template =
        boot(Acceleration.EMULATED, new Memory.SharedFile(CACHE.resolve("memory"))).stream()
            .map(a -> a.replace("share=on", "share=off"))
            .toList();
    var clone = restore(Acceleration.EMULATED);
    int machine = template.indexOf("-kernel");
    assertThat(clone.subList(0, machine)).isEqualTo(template.subList(0, machine));
    assertThat(clone.subList(machine, clone.size())).containsExactly("-incoming", "defer");
  }

  @Test
  void cpus_memory_and_accelerator_are_those_of_the_configuration() {
    var config = new VmConfig(3, 512, 64, Duration.ofSeconds(1), Optional.empty(), List.of());
    var args =
        arguments(Acceleration.KVM).boot(RUN, config, Images.in(CACHE), new Memory.Anonymous());
    assertThat(values(args, "-smp")).containsExactly("3");
    assertThat(values(args, "-m")).containsExactly("512M");
    assertThat(values(args, "-accel")).containsExactly("kvm");
    assertThat(values(boot(Acceleration.EMULATED, new Memory.Anonymous()), "-accel"))
        .containsExactly("tcg");
  }
}
