package io.ironclaw.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class SandboxSpecTest {
  @Test
  void every_violation_is_reported_at_once_with_field_value_and_range() {
    var e =
        catchThrowableOfType(
            InvalidSpecException.class,
            () ->
                SandboxSpec.check(
                    0, 1 << 20, OptionalInt.of(0), Duration.ZERO, Network.Tap.CLOSED));
    assertThat(e.violations())
        .extracting(Violation::field)
        .containsExactly("vcpus", "memory", "disk", "timeout", "network");
    assertThat(e)
        .hasMessageContaining("vcpus is 0, allowed: 1 to 32")
        .hasMessageContaining("memory is 1048576 MiB, allowed: 80 MiB to 65536 MiB");
  }

  @Test
  void networking_is_off_unless_it_was_chosen_and_a_mode_that_is_not_there_is_refused() {
    assertThat(SandboxSpec.fresh().network()).isEqualTo(Network.NONE);
    for (var network : List.of(new Network.Proxy(List.of()), Network.Tap.CLOSED)) {
      assertThatThrownBy(() -> SandboxSpec.fresh().withNetwork(network))
          .isInstanceOf(InvalidSpecException.class)
          .hasMessageContaining(
              "network is " + network.mode() + ", allowed: none (this version has no other)");
    }
  }

  @Test
  void memory_of_zero_is_refused_with_its_range() {
    assertThatThrownBy(() -> new MachineShape(1, 0))
        .isInstanceOf(InvalidSpecException.class)
        .hasMessageContaining("memory is 0 MiB, allowed: 80 MiB");
  }

  @Test
  void a_writable_layer_is_as_large_as_was_asked_for_or_as_the_memory_allows() {
    var small = SandboxSpec.fresh().withShape(MachineShape.DEFAULT.withMemoryMib(80));
    assertThat(small.scratchMib()).isEqualTo(Limits.mostScratch(80)).isLessThan(80);
    assertThat(SandboxSpec.fresh().scratchMib()).isEqualTo(80);
    var asked = Limits.DEFAULT.withScratchMib(64);
    assertThat(SandboxSpec.fresh().withLimits(asked).scratchMib()).isEqualTo(64);
    assertThatThrownBy(() -> small.withLimits(asked)).hasMessageContaining("disk is 64 MiB");
  }

  @Test
  void each_wither_changes_what_it_says_and_nothing_else() {
    var spec = SandboxSpec.fresh();
    assertThat(spec.withId(new VmId("a")).withId(spec.id())).isEqualTo(spec);
    var other =
        spec.withId(new VmId("a"))
            .withImage(new ImageRef.File(java.nio.file.Path.of("/x")))
            .withShape(new MachineShape(2, 512))
            .withLimits(Limits.DEFAULT.withTime(Duration.ofSeconds(1)))
            .requiring(Assurance.of(Assurance.Demand.HARDWARE));
    assertThat(other)
        .isEqualTo(
            new SandboxSpec(
                new VmId("a"),
                new ImageRef.File(java.nio.file.Path.of("/x")),
                new MachineShape(2, 512),
                new Limits(Duration.ofSeconds(1), OptionalInt.empty()),
                Network.NONE,
                new Assurance(java.util.Set.of(Assurance.Demand.HARDWARE))));
  }
}
