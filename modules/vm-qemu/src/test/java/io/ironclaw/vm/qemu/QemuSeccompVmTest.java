package io.ironclaw.vm.qemu;

import static io.ironclaw.vm.qemu.QmpJson.command;
import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.ImageRef;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.Seccomp;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.AgentBinary;
import io.ironclaw.image.ImageStore;
import io.ironclaw.jail.BubblewrapLauncher;
import io.ironclaw.jail.JailUids;
import io.ironclaw.jail.seccomp.FilterCache;
import io.ironclaw.vm.Boots;
import io.ironclaw.vm.LaunchPlan;
import io.ironclaw.vm.MachineId;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.VmDir;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real QEMU that is made to do what its filter does not allow. */
@Tag("vm")
@Timeout(120)
class QemuSeccompVmTest {
  @TempDir Path temp;

  private static Path cache() {
    var set = Optional.ofNullable(System.getenv("IRONCLAW_CACHE"));
    var xdg = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"));
    return set.map(Path::of)
        .or(() -> xdg.map(folder -> Path.of(folder, "ironclaw")))
        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "ironclaw"));
  }

  /** What becomes of a QEMU that is asked for a migration through a program that it is to start. */
  private int endOf(Seccomp level, List<String> cause) throws Exception {
    var image =
        new ImageStore(
                cache(),
                AgentBinary.packaged(),
                EventSink.none(),
                (_, _, _) -> {
                  throw new AssertionError("no image yet: start any VM first");
                })
            .prepare(ImageRef.DEFAULT);
    Path state = PrivateDir.create(temp.resolve("state"));
    var program = QemuProgram.find(Optional.empty(), System.getenv("PATH"), state);
    var launcher =
        BubblewrapLauncher.of(
            System.getenv("PATH"), JailUids.DEFAULT, new FilterCache(state.resolve("seccomp")));
    var id = MachineId.random();
    try (var hypervisor =
            new QemuHypervisor(program, Acceleration.EMULATED, level, launcher, state);
        var folder = VmDir.create(temp.resolve("run"), id);
        var machine =
            (QemuMachine)
                Boots.boot(
                    hypervisor,
                    new LaunchPlan(id, folder.path(), MachineShape.DEFAULT, image),
                    new PhaseClock())) {
      machine.qmp().send(List.of(command("migrate", Map.of("uri", "exec:true"))));
      int status = machine.awaitExit(Duration.ofSeconds(20)).orElse(-1);
      machine.causeOfDeath(status).ifPresent(cause::add);
      return status;
    }
  }

  @Test
  void a_call_that_is_not_allowed_kills_qemu_and_its_death_names_it() throws Exception {
    var cause = new ArrayList<String>();
    assertThat(endOf(Seccomp.MINIMAL, cause)).isEqualTo(159);
    assertThat(cause.getFirst())
        .matches(
            PrivateDir.isRoot()
                ? "was killed by its seccomp filter: syscall pipe2 \\([0-9]+\\), thread .+"
                : "was killed by its seccomp filter \\(signal 31; .*");
  }

  @Test
  void where_our_filter_only_notes_that_call_passes_and_qemus_own_filter_answers()
      throws Exception {
    var cause = new ArrayList<String>();
    assertThat(endOf(Seccomp.LEARNING, cause)).isIn(-1, 159);
    assertThat(cause.toString()).doesNotContain("pipe2");
  }
}
