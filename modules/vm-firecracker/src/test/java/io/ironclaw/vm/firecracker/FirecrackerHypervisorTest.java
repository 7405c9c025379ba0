package io.ironclaw.vm.firecracker;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Verdict;
import io.ironclaw.guest.ExecRequest;
import io.ironclaw.guest.Renewal;
import io.ironclaw.jail.Reading;
import io.ironclaw.vm.Machine;
import io.ironclaw.vm.PhaseClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("firecracker")
class FirecrackerHypervisorTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path temp;

  static String run(Machine machine, String... argv) throws Exception {
    var command =
        machine
            .agent()
            .exec(
                new ExecRequest(
                    List.of(argv),
                    List.of(),
                    "",
                    0,
                    0,
                    0,
                    false,
                    Optional.empty(),
                    Optional.empty()));
    return new String(command.stdout().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void a_guest_boots_in_the_jailer_and_runs_a_command() throws Exception {
    try (var bench = Bench.in(temp);
        var machine = bench.boot()) {
      var renewed = machine.agent().renew(Renewal.fresh("tiny", 0, new SecureRandom()), SOON);
      assertThat(renewed.hostname()).isEqualTo("tiny");
      assertThat(run(machine, "echo", "hello", "there")).isEqualTo("hello there\n");
    }
  }

  @Test
  void a_template_is_saved_and_its_clones_go_on_from_there() throws Exception {
    try (var bench = Bench.in(temp)) {
      var template = bench.template();
      for (int i = 0; i < 3; i++) {
        try (var clone =
            bench.hypervisor().restore(bench.plan("guest"), template, new PhaseClock())) {
          var name = "clone-" + i;
          var renewed = clone.agent().renew(Renewal.fresh(name, 0, new SecureRandom()), SOON);
          assertThat(renewed.hostname()).isEqualTo(name);
          assertThat(run(clone, "echo", name)).isEqualTo(name + "\n");
          assertThat(clone.confinement())
              .filteredOn(reading -> reading.verdict() == Verdict.FAILED)
              .extracting(reading -> reading.item() + ": " + reading.text().get())
              .isEmpty();
          assertThat(clone.account().devices()).isEqualTo(clone.planned());
        }
      }
    }
  }

  @Test
  void everything_that_confines_it_is_read_back() throws Exception {
    try (var bench = Bench.in(temp);
        var machine = bench.boot()) {
      assertThat(machine.confinement())
          .filteredOn(reading -> reading.verdict() == Verdict.FAILED)
          .extracting(reading -> reading.item() + ": " + reading.text().get())
          .isEmpty();
      assertThat(machine.confinement())
          .filteredOn(reading -> reading.verdict() == Verdict.PROVEN)
          .extracting(Reading::item)
          .contains(
              ProofItem.OWN_UID,
              ProofItem.CAPABILITIES,
              ProofItem.NO_NEW_PRIVS,
              ProofItem.SECCOMP,
              ProofItem.NAMESPACES,
              ProofItem.MOUNTS,
              ProofItem.DESCRIPTORS,
              ProofItem.PROCESS_LIMITS);
      assertThat(machine.account().devices()).isEqualTo(machine.planned());
    }
  }
}
