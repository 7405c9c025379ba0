package io.ironclaw.vm.firecracker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ThreadsTest {
  @Test
  void the_threads_of_a_machine_are_known_by_their_names() {
    assertThat(Threads.fault(List.of("fc_api", "fc_vcpu 0", "firecracker"), "firecracker", 1))
        .isEmpty();
    assertThat(
            Threads.fault(
                List.of("fc_api", "fc_vcpu 0", "fc_vcpu 1", "firecracker-v1.", "kvm-nx-lpage-re"),
                "firecracker-v1.16.1-x86_64",
                2))
        .isEmpty();
  }

  @Test
  void one_more_one_less_or_another_is_a_fault() {
    for (var names :
        List.of(
            List.of("fc_api", "firecracker"),
            List.of("fc_api", "fc_vcpu 0", "fc_vcpu 1", "firecracker"),
            List.of("fc_api", "fc_vcpu 0", "firecracker", "firecracker"),
            List.of("fc_api", "fc_vcpu 0", "sh"),
            List.of("fc_api", "fc_vcpu 1", "firecracker"))) {
      assertThat(Threads.fault(names, "firecracker", 1)).as("%s", names).isPresent();
    }
  }
}
