package io.ironclaw.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.Acceleration;
import io.ironclaw.jail.UnconfinedLauncher;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QemuHypervisorTest {
  @TempDir private Path logs;

  private String identity(Acceleration acceleration) throws Exception {
    var program = new QemuProgram(Path.of("/usr/bin/qemu"), "7.2.22", "1-2");
    try (var hypervisor =
        new QemuHypervisor(
            program, acceleration, io.ironclaw.api.Seccomp.NONE, new UnconfinedLauncher(), logs)) {
      return hypervisor.templateIdentity();
    }
  }

  @Test
  void a_template_on_kvm_belongs_to_this_hosts_cpu_and_kernel() throws Exception {
    var kernel = Files.readString(Path.of("/proc/version")).strip();
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      var model =
          lines.filter(l -> l.startsWith("model name") || l.startsWith("flags")).findFirst();
      assertThat(identity(Acceleration.KVM)).contains(kernel).contains(model.orElseThrow());
    }
    assertThat(identity(Acceleration.KVM)).isEqualTo(identity(Acceleration.KVM));
  }

  @Test
  void a_template_of_the_emulator_belongs_to_its_program_only() throws Exception {
    var kernel = Files.readString(Path.of("/proc/version")).strip();
    assertThat(identity(Acceleration.EMULATED)).contains("7.2.22 1-2").doesNotContain(kernel);
  }
}
