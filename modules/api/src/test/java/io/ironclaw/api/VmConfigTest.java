package io.ironclaw.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VmConfigTest {
  @Test
  void every_violation_is_reported_at_once_with_field_value_and_range() {
    var e =
        catchThrowableOfType(
            InvalidVmConfigException.class,
            () ->
                new VmConfig(
                    0,
                    1 << 20,
                    0,
                    Duration.ZERO,
                    Optional.of(NetworkMode.TAP),
                    List.of("example.org")));
    assertThat(e.violations())
        .extracting(VmConfig.Violation::field)
        .containsExactly("vcpus", "memory", "disk", "timeout", "network");
    assertThat(e)
        .hasMessageContaining("vcpus is 0, allowed: 1 to 32")
        .hasMessageContaining("memory is 1048576 MiB, allowed: 80 MiB to 65536 MiB");
  }

  @Test
  void networking_is_off_unless_it_was_chosen() {
    assertThat(VmConfig.DEFAULT.network()).isEmpty();
    var e =
        catchThrowableOfType(
            InvalidVmConfigException.class,
            () ->
                new VmConfig(
                    1, 256, 16, Duration.ofSeconds(1), Optional.empty(), List.of("example.org")));
    assertThat(e)
        .hasMessageContaining(
            "allow is example.org, allowed: nothing while the network mode is none");
  }

  @Test
  void memory_of_zero_is_refused_with_its_range() {
    var e =
        catchThrowableOfType(
            InvalidVmConfigException.class,
            () -> new VmConfig(1, 0, 1, Duration.ofSeconds(1), Optional.empty(), List.of()));
    assertThat(e).hasMessageContaining("memory is 0 MiB, allowed: 80 MiB");
  }
}
