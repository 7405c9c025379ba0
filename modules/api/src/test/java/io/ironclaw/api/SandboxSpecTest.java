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
                    0, 1 << 20, OptionalInt.of(0), Duration.ZERO, new Network.Proxy(List.of())));
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
    assertThatThrownBy(() -> SandboxSpec.fresh().withNetwork(new Network.Proxy(List.of())))
        .isInstanceOf(InvalidSpecException.class)
        .hasMessageContaining("network is proxy, allowed: none or tap");
  }

  @Test
  void
      a_network_of_too_many_rules_of_a_rule_that_allows_everything_or_of_a_port_twice_is_refused() {
    var rule = EgressRule.allowing("example.org");
    var many = java.util.Collections.nCopies(257, rule);
    assertThatThrownBy(() -> SandboxSpec.fresh().withNetwork(Network.Tap.CLOSED.allowing(many)))
        .isInstanceOf(InvalidSpecException.class)
        .hasMessageContaining("at most 256");
    var everything = Network.Tap.CLOSED.allowing(List.of(EgressRule.denying("10.0.0.0/8")));
    assertThatThrownBy(() -> SandboxSpec.fresh().withNetwork(everything))
        .hasMessageContaining("allow is 10.0.0.0/8, allowed: a protocol");
    var port = PublishedPort.parse("8080:80");
    var twice =
        new Network.Tap(
            List.of(),
            List.of(),
            List.of(port, PublishedPort.parse("8080:81")),
            EgressLimits.DEFAULT);
    assertThatThrownBy(() -> SandboxSpec.fresh().withNetwork(twice))
        .hasMessageContaining("each port of the host once");
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
