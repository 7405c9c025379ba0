package io.ironclaw.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.Seccomp;
import io.ironclaw.host.ffi.SeccompLibrary;
import io.ironclaw.jail.seccomp.Action;
import io.ironclaw.jail.seccomp.Condition;
import io.ironclaw.jail.seccomp.Policy;
import io.ironclaw.jail.seccomp.Profile;
import io.ironclaw.jail.seccomp.ProfileJson;
import io.ironclaw.jail.seccomp.Rule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** QEMU's policies, and the tables of them that people read. */
class QemuSeccompTest {
  private static final Path DOCUMENT = Path.of("../../docs/security.md");
  private static final String BEGIN = "<!-- QemuSeccompTest writes from here -->\n";
  private static final String END = "<!-- QemuSeccompTest writes to here -->\n";
  private static final List<Seccomp> LEVELS =
      List.of(Seccomp.MINIMAL, Seccomp.BASIC, Seccomp.PERMISSIVE);

  private static Policy policy(Seccomp level) throws Exception {
    return ((Profile.Whole) ProfileJson.read(QemuSeccomp.json(level))).policy();
  }

  @ParameterizedTest
  @EnumSource(names = {"MINIMAL", "BASIC", "PERMISSIVE"})
  void each_becomes_a_filter_on_this_host(Seccomp level) throws Exception {
    try (var library = SeccompLibrary.open()) {
      assertThat(policy(level).compile(library).length).isBetween(50 * 8, 4_096 * 8);
    }
  }

  @Test
  void what_is_not_named_kills_but_for_the_permissive_one() throws Exception {
    assertThat(policy(Seccomp.MINIMAL).otherwise()).isEqualTo(Action.Simple.KILL_PROCESS);
    assertThat(policy(Seccomp.BASIC).otherwise()).isEqualTo(Action.Simple.KILL_PROCESS);
    assertThat(policy(Seccomp.PERMISSIVE).otherwise()).isEqualTo(Action.Simple.ALLOW);
  }

  @Test
  void a_lower_level_allows_nothing_that_a_higher_one_does_not() throws Exception {
    assertThat(policy(Seccomp.BASIC).rules()).containsAll(policy(Seccomp.MINIMAL).rules());
    var refused =
        policy(Seccomp.PERMISSIVE).rules().stream()
            .filter(rule -> rule.conditions().isEmpty())
            .flatMap(rule -> rule.calls().stream())
            .toList();
    for (var rule : policy(Seccomp.BASIC).rules()) {
      if (rule.action() == Action.Simple.ALLOW) {
        assertThat(rule.calls()).doesNotContainAnyElementsOf(refused);
      }
    }
  }

  @Test
  void no_level_has_a_way_out_of_the_jail() throws Exception {
    for (var level : LEVELS) {
      var allowed =
          policy(level).rules().stream()
              .filter(rule -> rule.action() == Action.Simple.ALLOW)
              .flatMap(rule -> rule.calls().stream())
              .toList();
      assertThat(allowed)
          .doesNotContain(
              "mount",
              "umount2",
              "unshare",
              "setns",
              "ptrace",
              "bpf",
              "keyctl",
              "init_module",
              "io_uring_setup",
              "kexec_load",
              "open_by_handle_at",
              "process_vm_writev",
              "clone3",
              "perf_event_open",
              "userfaultfd",
              "pidfd_getfd");
    }
  }

  @Test
  void the_document_has_the_tables_of_the_policies() throws Exception {
    var tables = new StringBuilder();
    for (var level : LEVELS) {
      table(tables, level);
    }
    String text = Files.readString(DOCUMENT);
    int from = text.indexOf(BEGIN) + BEGIN.length();
    int to = text.indexOf(END);
    if (System.getProperty("ironclaw.write") != null) {
      text = text.substring(0, from) + tables + text.substring(to);
      Files.writeString(DOCUMENT, text);
    } else {
      assertThat(text.substring(from, to))
          .as("write it with -Dironclaw.write -Dtest=QemuSeccompTest")
          .isEqualTo(tables.toString());
    }
  }

  private static void table(StringBuilder to, Seccomp level) throws Exception {
    var policy = policy(level);
    to.append(
        "**%s**: %s. Otherwise: %s.\n\n"
            .formatted(level.text(), policy.about(), words(policy.otherwise())));
    to.append("| what happens | system calls | if |\n|---|---|---|\n");
    for (var rule : policy.rules()) {
      to.append(
          "| %s | %s%s | %s |\n"
              .formatted(
                  words(rule.action()),
                  String.join(", ", rule.calls()),
                  rule.optional() ? " (where they are known)" : "",
                  conditions(rule)));
    }
    to.append('\n');
  }

  private static String conditions(Rule rule) {
    return rule.conditions().stream()
        .map(QemuSeccompTest::words)
        .collect(Collectors.joining(" and "));
  }

  private static String words(Condition condition) {
    String mask =
        condition.mask().isPresent() && condition.mask().getAsLong() != 0xffff_ffffL
            ? " & 0x" + Long.toHexString(condition.mask().getAsLong())
            : "";
    return "argument %d%s %s 0x%x"
        .formatted(
            condition.argument(),
            mask,
            condition.comparison().name().toLowerCase(Locale.ROOT),
            condition.value());
  }

  private static String words(Action action) {
    return switch (action) {
      case Action.Simple simple -> simple.name().toLowerCase(Locale.ROOT).replace('_', ' ');
      case Action.Fail(int number) -> "fails with " + number;
      case Action.Counted _ -> "is counted";
    };
  }
}
