package io.ironclaw.attacks.r;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.HostException;
import io.ironclaw.api.Limits;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.attacks.Victims;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.GroupsInGuest;
import io.ironclaw.jail.Launcher;
import io.ironclaw.sandbox.LocalIronClaw;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Our own control groups of version 2 on a kernel that has only those: a guest's. Java runs in it.
 */
@Tag("vm")
@Timeout(180)
class UnifiedGroupsVmTest {
  /** The guest's own hierarchy; what is started is alone in its group, as if that was delegated. */
  private static final String SCRIPT =
      """
      cd /tmp && python3 -c '
      import ctypes
      libc = ctypes.CDLL(None, use_errno=True)
      if libc.mount(b"none", b"/sys/fs/cgroup", b"cgroup2", 0, None):
          raise OSError(ctypes.get_errno())
      ' && exec java/bin/java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$1" "$2"
      """;

  @TempDir Path temp;

  @Test
  void a_limit_is_in_force_read_back_and_its_group_is_killed_and_removed() throws Exception {
    Path java = temp.resolve("java");
    run(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "jlink").toString(),
            "--add-modules",
            "java.base",
            "--strip-debug",
            "--no-man-pages",
            "--no-header-files",
            "--output",
            java.toString()));
    var classPath = new ArrayList<String>();
    var archive = new ArrayList<>(List.of("tar", "-cf", temp.resolve("all.tar").toString()));
    archive.addAll(List.of("-C", temp.toString(), "java"));
    for (var type :
        List.of(
            GroupsInGuest.class,
            Launcher.class,
            PrivateDir.class,
            HostException.class,
            NullMarked.class)) {
      Path home = home(type);
      Path place = temp.resolve("c" + classPath.size());
      classPath.add(place.getFileName().toString());
      Files.createSymbolicLink(place, home);
      archive.addAll(List.of("-h", place.getFileName().toString()));
    }
    run(archive);
    var spec =
        SandboxSpec.fresh()
            .withShape(MachineShape.DEFAULT.withMemoryMib(1_024))
            .withLimits(Limits.DEFAULT.withScratchMib(300));
    try (var ironclaw = LocalIronClaw.start(Victims.SETTINGS);
        var vm = ironclaw.open(spec)) {
      try (var content = Files.newInputStream(temp.resolve("all.tar"))) {
        var _ = vm.writeFile("/tmp/all.tar", 0600, false, content);
      }
      assertThat(Victims.sh(vm, "cd /tmp && tar xf all.tar && rm all.tar && echo ok").stdout())
          .isEqualTo("ok\n");
      try (var execution =
          vm.start(
              ExecSpec.of(
                      List.of(
                          "sh",
                          "-c",
                          SCRIPT,
                          "sh",
                          String.join(":", classPath),
                          GroupsInGuest.class.getName()))
                  // It mounts its groups.
                  .withSeccomp(GuestSeccomp.OFF))) {
        String said = new String(execution.stdout().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(said)
            .contains("in\n")
            .contains("cgroup-memory PROVEN memory.max is 67108864, set to 67108864")
            .contains("cgroup-swap PROVEN memory.swap.max is 0, set to 0")
            .contains("cgroup-pids ABSENT control group / hands out no controller pids")
            .endsWith("ended with 137\ngroups left: 0\n");
      }
    }
  }

  private static Path home(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }
}
