package io.ironclaw.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the guest's agent would answer by powering the VM off never gets there. */
class ExecSpecTest {
  private static ExecSpec spec(
      List<String> argv, Map<String, String> env, Optional<String> cwd, int uid) {
    return new ExecSpec(argv, env, cwd, uid, false, Optional.empty(), Optional.empty());
  }

  private static void assertRefused(String why, Runnable made) {
    assertThatThrownBy(made::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @Test
  void times_that_would_mean_something_else_on_the_way_are_refused() {
    var spec = ExecSpec.of("true");
    for (var bad :
        List.of(
            Duration.ZERO,
            Duration.ofNanos(999_999),
            Duration.ofSeconds(-1),
            Duration.ofDays(50))) {
      assertRefused("use 1 ms to 24 h", () -> spec.withTimeout(bad));
    }
    assertThat(spec.withTimeout(Duration.ofMillis(1)).timeout()).contains(Duration.ofMillis(1));
  }

  @Test
  void users_and_folders_are_bounded() {
    assertRefused("user id -1", () -> spec(List.of("x"), Map.of(), Optional.empty(), -1));
    for (String cwd : new String[] {"tmp", "", "/" + "x".repeat(4_095), "/a\0b"}) {
      assertRefused(
          "use an absolute path", () -> spec(List.of("x"), Map.of(), Optional.of(cwd), 0));
    }
  }

  @Test
  void names_of_variables_are_names() {
    for (String name : new String[] {"", "A=B"}) {
      assertRefused("variable", () -> spec(List.of("x"), Map.of(name, "1"), Optional.empty(), 0));
    }
  }

  @Test
  void what_is_too_much_is_refused_with_the_way_out() {
    String way = "pass more through stdin or a file";
    assertRefused(way, () -> ExecSpec.of("x", "y".repeat(70_000)));
    assertRefused(way, () -> spec(Collections.nCopies(4_001, "x"), Map.of(), Optional.empty(), 0));
    assertRefused(
        way, () -> spec(List.of("x"), Map.of("A", "\u20ac".repeat(20_000)), Optional.empty(), 0));
    assertRefused("NUL", () -> ExecSpec.of("x", "a\0b"));
    assertThat(ExecSpec.of("x", "y".repeat(59_000)).argv()).hasSize(2);
  }
}
