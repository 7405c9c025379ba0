package io.ironclaw.jail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ironclaw.host.PrivateDir;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Control groups of version 2, on a kernel that has them, with controllers or without. */
@Timeout(60)
class UnifiedGroupTest {
  @TempDir private Path temp;
  private Path folder = Path.of("unset");
  private ControlGroups groups = new ControlGroups(new CgroupHost(Optional.empty(), Map.of()));

  @BeforeEach
  void take_version_2_alone() throws Exception {
    folder = PrivateDir.create(temp.resolve("private"));
    var host = CgroupHost.of(Path.of("/proc/self"));
    assumeTrue(
        PrivateDir.isRoot() && host.unified().isPresent(),
        "NOT TESTED: control groups of version 2: none, or not root");
    groups = new ControlGroups(new CgroupHost(host.unified(), Map.of()));
  }

  @Test
  void each_limit_is_in_force_or_its_controller_is_named() throws Exception {
    var group = groups.make(Shells.GROUP, folder);
    try {
      assertThat(group.settings().size() + group.absent().size()).isEqualTo(5);
      assertThat(group.absent().values())
          .allMatch(why ->
              why.contains("hands out no controller")
                  || why.contains("no controllers on this host")
                  || why.equals("there is no limit of memory"));
      for (var place : group.folders()) {
        assertThat(place.folder().resolve("cgroup.kill")).exists();
      }
    } finally {
      group.remove();
    }
    assertThat(group.folders()).noneMatch(place -> Files.exists(place.folder()));
  }

  @Test
  void whatever_is_in_a_group_is_killed_with_it() throws Exception {
    var top = CgroupHost.of(Path.of("/proc/self")).unified().orElseThrow().mount();
    Path group =
        Files.createDirectory(top.resolve("ironclaw-test-" + ProcessHandle.current().pid()));
    var process =
        new ProcessBuilder(
                "sh",
                "-c",
                "echo 0 >\"$1\" && echo in && (setsid sleep 1000 & sleep 1000)",
                "sh",
                group.resolve("cgroup.procs").toString())
            .start();
    assertThat(process.inputReader().readLine()).isEqualTo("in");
    assertThat(ControlGroup.clear(group)).isTrue();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(group).doesNotExist();
  }
}
