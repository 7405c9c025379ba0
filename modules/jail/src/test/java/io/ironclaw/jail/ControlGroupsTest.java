package io.ironclaw.jail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Verdict;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.seccomp.FilterCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Limits that the kernel keeps for all that a process starts, with the groups of this host. */
@Timeout(60)
class ControlGroupsTest {
  private static final JailUids UIDS = new JailUids(1_900_100_010L, 1_900_100_019L);
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir private Path temp;
  private Path folder = Path.of("unset");
  private Optional<BubblewrapLauncher> launcher = Optional.empty();

  @BeforeEach
  void make_a_launcher() throws Exception {
    folder = PrivateDir.create(temp.resolve("private"));
    launcher =
        Optional.of(
            BubblewrapLauncher.of(
                System.getenv("PATH"), UIDS, new FilterCache(temp.resolve("seccomp"))));
  }

  @AfterEach
  void close() {
    launcher.orElseThrow().close();
  }

  private Launched launch(String script, ProcessLimits limits, GroupLimits group) throws Exception {
    return launcher
        .orElseThrow()
        .launch(
            new ProcessPlan(
                Shells.runtime(),
                List.of("-c", script),
                Map.of(),
                folder,
                List.of(new Grant.Device(Path.of("/dev/null"))),
                Optional.empty(),
                limits,
                group,
                Optional.empty()));
  }

  private Launched running() throws Exception {
    var launched = launch("echo up; while :; do :; done", Shells.LIMITS, Shells.GROUP);
    assertThat(launched.process().inputReader().readLine()).isEqualTo("up");
    return launched;
  }

  private static Reading reading(Launched launched, String item) throws Exception {
    return launched.readings().stream()
        .filter(reading -> reading.item().text().equals(item))
        .findFirst()
        .orElseThrow();
  }

  private List<Path> noted() throws IOException {
    return Files.readAllLines(folder.resolve("cgroups")).stream().map(Path::of).toList();
  }

  /** What can't be had here, no test shows. */
  private static void require(Launched launched, String item) throws Exception {
    var reading = reading(launched, item);
    assumeTrue(
        reading.verdict() != Verdict.ABSENT,
        () -> "NOT TESTED: " + item + ": " + reading.text().get());
    assertThat(reading.verdict()).as(reading.text().get()).isEqualTo(Verdict.PROVEN);
  }

  @Test
  void every_limit_is_read_back_or_absent_with_a_reason_and_nothing_is_left() throws Exception {
    var launched = running();
    for (var item : List.of("cgroup-memory", "cgroup-pids", "cgroup-cpu", "cgroup-io")) {
      var reading = reading(launched, item);
      assertThat(reading.verdict()).as(item).isNotEqualTo(Verdict.FAILED);
      assertThat(reading.text().get()).isNotBlank();
    }
    var folders = noted();
    launched.kill();
    assertThat(launched.awaitEnd(SOON)).isTrue();
    for (var group : folders) {
      assertThat(group).doesNotExist();
    }
  }

  @Test
  void a_limit_that_somebody_changes_is_found() throws Exception {
    var launched = running();
    require(launched, "cgroup-pids");
    Path group =
        noted().stream().filter(g -> Files.exists(g.resolve("pids.max"))).findFirst().orElseThrow();
    Files.writeString(group.resolve("pids.max"), "max");
    var reading = reading(launched, "cgroup-pids");
    assertThat(reading.verdict()).isEqualTo(Verdict.FAILED);
    assertThat(reading.text().get()).contains("pids.max is max, set to 16");
    launched.kill();
  }

  @Test
  void each_value_that_is_not_what_was_set_is_found_by_its_item() throws Exception {
    Path mount = Files.createDirectories(temp.resolve("v2").resolve("g"));
    String own = Files.readAllLines(Path.of("/proc/self/cgroup")).getFirst().split(":", 3)[2];
    var place = new CgroupHost.Place(mount.getParent(), mount, own);
    var settings = new java.util.EnumMap<ProofItem, ControlGroup.Setting>(ProofItem.class);
    for (var item : java.util.EnumSet.range(ProofItem.CGROUP_MEMORY, ProofItem.CGROUP_IO)) {
      Files.writeString(mount.resolve(item.text()), "5\n");
      settings.put(item, new ControlGroup.Setting(place, item.text(), "5"));
    }
    var group = new ControlGroup(List.of(place), settings, Map.of());
    assertThat(failed(group)).isEmpty();
    for (var item : settings.keySet()) {
      Files.writeString(mount.resolve(item.text()), "max\n");
      assertThat(failed(group)).containsExactly(item);
      Files.writeString(mount.resolve(item.text()), "5\n");
    }
    var elsewhere = new CgroupHost.Place(mount.getParent(), mount, "/elsewhere");
    settings.replaceAll((_, set) -> new ControlGroup.Setting(elsewhere, set.file(), set.value()));
    assertThat(failed(new ControlGroup(List.of(elsewhere), settings, Map.of()))).hasSize(5);
  }

  private static List<ProofItem> failed(ControlGroup group) throws Exception {
    var readings = new Readings();
    group.read(ProcessHandle.current().pid(), readings);
    return readings.all().stream()
        .filter(reading -> reading.verdict() == Verdict.FAILED)
        .map(Reading::item)
        .toList();
  }

  @Test
  void forks_without_end_stop_at_the_limit() throws Exception {
    var launched =
        launch(
            // A shell that can't fork ends: an inner one.
            "echo up; (while :; do (while :; do :; done) & done); while :; do :; done",
            Shells.LIMITS,
            new GroupLimits(128L << 20, 8, 1));
    var out = launched.process().inputReader();
    assertThat(out.readLine()).isEqualTo("up");
    require(launched, "cgroup-pids");
    assertThat(out.readLine()).contains("Cannot fork");
    assertThat(launched.process().descendants().count()).isLessThanOrEqualTo(8);
    launched.kill();
  }

  @Test
  void memory_without_end_ends_it() throws Exception {
    var roomy = new ProcessLimits(256, 0, 1 << 20, 1L << 32);
    String hog = "x=0123456789abcdef; while :; do x=$x$x; done; echo no";
    var grouped = launch("echo up; " + hog, roomy, Shells.GROUP);
    assertThat(grouped.process().inputReader().readLine()).isEqualTo("up");
    assertThat(grouped.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(grouped.process().exitValue()).isNotZero();
    // Without a controller of memory, its own limit ends it.
    var limits = new ProcessLimits(256, 0, 1 << 20, 32L << 20);
    var limited = launch(hog, limits, new GroupLimits(1L << 34, 16, 1));
    assertThat(limited.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(limited.process().exitValue()).isNotZero();
    // The same with an end, within the limit, ends well.
    var within = launch("x=0123456789abcdef; x=$x$x; echo $x", limits, Shells.GROUP);
    assertThat(within.process().inputReader().readLine()).isEqualTo("0123456789abcdef".repeat(2));
  }

  @Test
  void what_a_launcher_left_that_was_killed_is_killed_and_removed() throws Exception {
    var launched = running();
    require(launched, "cgroup-pids");
    var groups = noted();
    assertThat(groups).isNotEmpty().allMatch(Files::exists);
    Remains.clear(folder);
    assertThat(launched.process().waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(groups).noneMatch(Files::exists);
  }

  @Test
  void a_note_that_names_something_else_touches_nothing() throws Exception {
    Path other = Files.createDirectory(temp.resolve("ironclaw-other"));
    Path group = Files.createDirectory(temp.resolve("system.slice"));
    Files.createFile(group.resolve("cgroup.procs"));
    Files.writeString(folder.resolve("cgroups"), other + "\n" + group + "\nrelative\n/\n");
    Remains.clear(folder);
    assertThat(other).exists();
    assertThat(group).exists();
  }

  @Test
  void groups_are_found_where_they_are_mounted_also_in_a_container() throws Exception {
    Path mount = Files.createDirectories(temp.resolve("sys/fs/cgroup"));
    Path legacy = temp.resolve("memory");
    Files.createDirectories(mount.resolve("inner"));
    Files.createDirectories(legacy.resolve("job"));
    Files.writeString(
        temp.resolve("mountinfo"),
        "31 23 0:28 /docker/abc %s ro,nosuid - cgroup2 cgroup2 rw\n".formatted(mount)
            + "35 31 0:32 / %s rw shared:9 - cgroup cgroup rw,memory\n".formatted(legacy)
            + "36 31 0:33 / /x rw - proc proc rw\nnonsense\n");
    Files.writeString(
        temp.resolve("cgroup"), "4:memory:/job\n5:pids:/gone\n0::/docker/abc/inner\n");
    var host = CgroupHost.of(temp);
    assertThat(host.unified().orElseThrow().folder()).isEqualTo(mount.resolve("inner"));
    assertThat(host.legacy()).containsOnlyKeys("memory");
    assertThat(host.legacy().values())
        .extracting(p -> p.child("a").path())
        .containsExactly("/job/a");
    Files.writeString(temp.resolve("cgroup"), "0::/../other\n");
    assertThat(CgroupHost.of(temp).unified()).isEmpty();
  }

  @Test
  void what_can_not_be_set_is_absent_and_what_can_not_be_made_is_an_error() throws Exception {
    Path mount = Files.createDirectories(temp.resolve("v1"));
    // In a folder of an ordinary file system no knobs appear.
    var group = groups(new CgroupHost.Place(mount, mount, "/")).make(Shells.GROUP, folder);
    assertThat(group.absent())
        .hasEntrySatisfying(
            ProofItem.CGROUP_PIDS, why -> assertThat(why).contains("this kernel has no pids.max"))
        .hasEntrySatisfying(ProofItem.CGROUP_MEMORY, why -> assertThat(why).isNotBlank());
    group.remove();
    Files.createFile(mount.resolve("plain"));
    var broken = groups(new CgroupHost.Place(mount, mount.resolve("plain"), "/plain"));
    assertThatThrownBy(() -> broken.make(Shells.GROUP, folder))
        .hasMessageContaining("no control group can be made for a VM");
    try (var left = Files.list(mount)) {
      assertThat(left).containsExactly(mount.resolve("plain"));
    }
  }

  private static ControlGroups groups(CgroupHost.Place pids) {
    return new ControlGroups(new CgroupHost(Optional.empty(), Map.of("pids", pids)));
  }
}
