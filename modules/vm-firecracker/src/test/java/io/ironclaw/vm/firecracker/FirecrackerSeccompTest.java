package io.ironclaw.vm.firecracker;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.Seccomp;
import io.ironclaw.jail.seccomp.Action;
import io.ironclaw.jail.seccomp.FilterCache;
import io.ironclaw.jail.seccomp.Policy;
import io.ironclaw.jail.seccomp.Profile;
import io.ironclaw.jail.seccomp.ProfileJson;
import io.ironclaw.jail.seccomp.ThreadFilters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FirecrackerSeccompTest {
  private static final List<String> WAYS_OUT =
      List.of(
          "execve",
          "execveat",
          "fork",
          "vfork",
          "clone",
          "clone3",
          "ptrace",
          "mount",
          "umount2",
          "pivot_root",
          "chroot",
          "setns",
          "unshare",
          "bpf",
          "init_module",
          "finit_module",
          "kexec_load",
          "open_by_handle_at",
          "process_vm_writev",
          "userfaultfd",
          "keyctl",
          "reboot");

  @TempDir private Path temp;

  private static Map<String, Policy> of(Seccomp level) throws Exception {
    var profile = ProfileJson.read(FirecrackerSeccomp.json(level));
    assertThat(profile).isInstanceOf(Profile.PerThread.class);
    return ((Profile.PerThread) profile).policies();
  }

  private static Set<String> allowed(Policy policy) {
    return policy.rules().stream()
        .filter(rule -> rule.action() == Action.Simple.ALLOW)
        .flatMap(rule -> rule.calls().stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @ParameterizedTest
  @EnumSource(names = {"MINIMAL", "BASIC", "PERMISSIVE"})
  void each_has_a_policy_for_every_kind_of_thread_and_fits_in_each_form(Seccomp level)
      throws Exception {
    assertThat(of(level).keySet()).containsExactlyInAnyOrder("api", "vcpu", "vmm");
    var cache = new FilterCache(temp.resolve("seccomp"));
    for (var form : ThreadFilters.Form.values()) {
      var wanted = new FilterCache.Wanted(FirecrackerSeccomp.json(level), FilterCache.Use.ENFORCE);
      assertThat(Files.size(cache.of(wanted, form))).isBetween(100L, 100_000L);
    }
  }

  @Test
  void what_is_not_named_kills_but_for_the_permissive_one() throws Exception {
    for (var level : List.of(Seccomp.MINIMAL, Seccomp.BASIC)) {
      assertThat(of(level).values())
          .allMatch(policy -> policy.otherwise() == Action.Simple.KILL_PROCESS);
    }
  }

  @Test
  void a_lower_level_allows_nothing_that_a_higher_one_does_not() throws Exception {
    var minimal = of(Seccomp.MINIMAL);
    of(Seccomp.BASIC)
        .forEach((kind, basic) -> {
          var lower = minimal.get(kind);
          assertThat(lower).isNotNull();
          assertThat(allowed(basic)).containsAll(allowed(lower));
        });
  }

  @Test
  void no_level_has_a_way_out_of_the_jail() throws Exception {
    for (var level : List.of(Seccomp.MINIMAL, Seccomp.BASIC)) {
      of(level)
          .forEach((kind, policy) ->
              assertThat(allowed(policy))
                  .as(level + " " + kind)
                  .doesNotContainAnyElementsOf(WAYS_OUT));
    }
    for (var policy : of(Seccomp.PERMISSIVE).values()) {
      assertThat(policy.rules().stream().flatMap(rule -> rule.calls().stream()))
          .containsAll(WAYS_OUT);
    }
  }

  @Test
  void sockets_are_of_one_kind_and_of_one_thread() throws Exception {
    var minimal = of(Seccomp.MINIMAL);
    minimal.forEach((kind, policy) -> {
      for (var rule : policy.rules()) {
        if (rule.calls().contains("socket")) {
          assertThat(kind).isEqualTo("vmm");
          assertThat(rule.conditions()).anyMatch(c -> c.argument() == 0 && c.value() == 1);
        }
      }
    });
  }
}
