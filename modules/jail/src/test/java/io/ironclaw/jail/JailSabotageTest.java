package io.ironclaw.jail;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.Verdict;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.seccomp.FilterCache;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A jail of which just one part is missing: that part's reading fails, and no other. */
@Timeout(60)
class JailSabotageTest {
  private static final JailUids UIDS = new JailUids(1_900_100_030L, 1_900_100_039L);
  private static final String POLICY = "{\"otherwise\": \"allow\", \"rules\": []}";

  @TempDir private Path temp;
  private Path folder = Path.of("unset");

  @BeforeEach
  void make_a_private_folder() throws Exception {
    folder = PrivateDir.create(temp.resolve("private"));
    // A jail's user starts what stands in for bubblewrap.
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Bubblewrap with other arguments than it was given. */
  private Path bubblewrap(String change) throws Exception {
    Path tools = Files.createDirectory(temp.resolve("tools"));
    Files.setPosixFilePermissions(tools, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path program = tools.resolve("bwrap");
    Files.writeString(
        program,
        """
        #!/bin/sh
        n=$#
        while [ $n -gt 0 ]; do
          a=$1; shift; n=$((n - 1))
          %s
          set -- "$@" "$a"
        done
        exec /usr/bin/bwrap "$@"
        """
            .formatted(change));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return tools;
  }

  private Map<String, Verdict> readings(Path tools) throws Exception {
    Path granted = Files.writeString(temp.resolve("granted"), "granted");
    Files.setPosixFilePermissions(granted, PosixFilePermissions.fromString("r--r--r--"));
    var plan =
        new ProcessPlan(
            Shells.runtime(),
            List.of("-c", "echo up; while :; do :; done"),
            Map.of(),
            folder,
            List.of(new Grant.ReadOnlyFile("in", granted)),
            Optional.empty(),
            Shells.LIMITS,
            Shells.GROUP,
            Optional.of(
                new SeccompPlan(new FilterCache.Wanted(POLICY, FilterCache.Use.ENFORCE), 0)));
    try (var launcher =
        BubblewrapLauncher.of(
            tools + ":/usr/bin:/bin", UIDS, new FilterCache(temp.resolve("seccomp")))) {
      var launched = launcher.launch(plan);
      assertThat(launched.process().inputReader().readLine()).isEqualTo("up");
      var verdicts =
          launched.readings().stream()
              .collect(Collectors.toMap(reading -> reading.item().text(), Reading::verdict));
      launched.kill();
      return verdicts;
    }
  }

  private static List<String> failed(Map<String, Verdict> readings) {
    return readings.entrySet().stream()
        .filter(reading -> reading.getValue() == Verdict.FAILED)
        .map(Map.Entry::getKey)
        .toList();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '^',
      value = {
        "namespaces ~ [ \"$a\" != --unshare-net ] || continue",
        "namespaces ~ [ \"$a\" != --unshare-ipc ] || continue",
        "namespaces ~ case $a in --unshare-uts) continue;; --hostname) shift; n=$((n - 1));"
            + " continue;; esac",
        "namespaces ~ [ \"$a\" != --unshare-cgroup ] || continue",
        "capabilities ~ [ \"$a\" != ALL ] || a='ALL --cap-add CAP_NET_RAW'",
        "mounts ~ [ \"$a\" != --remount-ro ] || set -- \"$@\" --ro-bind /etc /etc",
        "mounts ~ [ \"$a\" != --remount-ro ] || { shift; n=$((n - 1)); continue; }",
        "descriptors ~ [ $n -gt 0 ] || exec 9</etc/passwd",
        "seccomp ~ [ \"$a\" != --seccomp ] || { exec 4<&-; shift; n=$((n - 1)); continue; }",
      })
  void what_is_left_out_of_a_jail_is_found(String item, String change) throws Exception {
    // Two arguments in the place of one.
    String words =
        change.replace(
            "a='ALL --cap-add CAP_NET_RAW'", "{ set -- \"$@\" ALL --cap-add; a=CAP_NET_RAW; }");
    assertThat(failed(readings(bubblewrap(words)))).containsExactly(item);
  }

  @Test
  void with_nothing_left_out_nothing_fails() throws Exception {
    assertThat(failed(readings(bubblewrap(":")))).isEmpty();
  }

  @Test
  void of_a_process_without_a_jail_every_part_fails() throws Exception {
    var expected =
        new JailReadings(
            OptionalLong.of(UIDS.first()),
            Map.of("/", new JailReadings.Mount(false, Optional.empty())),
            Optional.empty(),
            Optional.empty(),
            Set.of(),
            Optional.of(
                new SeccompPlan(new FilterCache.Wanted(POLICY, FilterCache.Use.ENFORCE), 0)),
            JailReadings.Kind.BUBBLEWRAP);
    var readings = new Readings();
    expected.read(Posture.of(ProcessHandle.current().pid()), readings);
    assertThat(readings.all())
        .allMatch(reading -> reading.verdict() == Verdict.FAILED)
        .extracting(reading -> reading.item().text())
        .containsExactlyInAnyOrder(
            "own-uid",
            "capabilities",
            "no-new-privs",
            "seccomp",
            "namespaces",
            "mounts",
            "descriptors");
  }

  /** A process as the kernel would tell of it, with two threads. */
  private static Posture posture(Map<String, String> second) {
    var first =
        Map.of(
            "Pid",
            "1",
            "Name",
            "main",
            "Uid",
            "7\t7\t7\t7",
            "Gid",
            "7\t7\t7\t7",
            "CapInh",
            ZERO,
            "CapPrm",
            ZERO,
            "CapEff",
            ZERO,
            "CapBnd",
            ZERO,
            "CapAmb",
            ZERO);
    var all = new java.util.HashMap<>(first);
    all.putAll(Map.of("NoNewPrivs", "1", "Seccomp", "2", "Seccomp_filters", "1"));
    var other = new java.util.HashMap<>(all);
    other.putAll(second);
    return new Posture(1, List.of(all, other), Map.of(), Map.of(), Map.of(), java.util.Set.of());
  }

  private static final String ZERO = "0000000000000000";

  @ParameterizedTest(name = "{0}: {1} {2}")
  @CsvSource({
    "seccomp, Seccomp, 0",
    "seccomp, Seccomp_filters, 0",
    "no-new-privs, NoNewPrivs, 0",
    "capabilities, CapEff, 0000000000000400",
    "capabilities, CapBnd, 0000000000000001",
    "own-uid, Uid, 7 7 7 0",
    "own-uid, Gid, 0 7 7 7",
  })
  void one_thread_of_many_that_is_not_as_it_should_be_is_found(
      String item, String field, String value) throws Exception {
    var expected =
        new JailReadings(
            OptionalLong.of(7),
            Map.of(),
            Optional.empty(),
            Optional.empty(),
            Set.of(),
            Optional.of(
                new SeccompPlan(new FilterCache.Wanted(POLICY, FilterCache.Use.ENFORCE), 0)),
            JailReadings.Kind.BUBBLEWRAP);
    var readings = new Readings();
    expected.read(posture(Map.of(field, value.replace(' ', '\t'))), readings);
    assertThat(
            readings.all().stream()
                .filter(reading -> reading.verdict() == Verdict.FAILED)
                .map(reading -> reading.item().text()))
        .containsExactly(item);
    var sound = new Readings();
    expected.read(posture(Map.of()), sound);
    assertThat(sound.all()).noneMatch(reading -> reading.verdict() == Verdict.FAILED);
  }
}
