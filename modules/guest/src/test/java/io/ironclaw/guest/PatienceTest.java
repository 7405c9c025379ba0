package io.ironclaw.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PatienceTest {
  private static final Duration OVER_AT_ONCE = Duration.ofNanos(1);

  @Test
  void without_a_limit_it_never_ends() {
    var unlimited = new Patience(Duration.ZERO, Duration.ZERO);
    assertThat(unlimited.isOver(false, Long.MAX_VALUE)).isFalse();
  }

  @Test
  void a_kill_leaves_the_margin_alone() {
    var unlimited = new Patience(Duration.ZERO, Duration.ZERO);
    unlimited.killed();
    assertThat(unlimited.isOver(false, 0)).isTrue();
    assertThat(unlimited.overdue("x")).hasMessageContaining("no end of x after it was killed");
    var soon = new Patience(OVER_AT_ONCE, Duration.ZERO);
    soon.killed();
    assertThat(soon.isOver(false, 0)).isTrue();
    assertThat(soon.overdue("x")).hasMessageContaining("at its time limit");
  }

  @Test
  void it_ends_after_limit_and_margin() {
    assertThat(new Patience(OVER_AT_ONCE, Duration.ZERO).isOver(false, 0)).isTrue();
    assertThat(new Patience(OVER_AT_ONCE, Duration.ofHours(1)).isOver(false, 0)).isFalse();
    assertThat(new Patience(Duration.ofHours(1), Duration.ZERO).isOver(false, 0)).isFalse();
  }

  @Test
  void output_that_is_unread_gives_a_margin_more_but_not_to_a_guest_that_goes_on_sending() {
    var patience = new Patience(OVER_AT_ONCE, Duration.ZERO);
    assertThat(patience.isOver(true, 1_000)).isFalse();
    assertThat(patience.isOver(true, 1_000 + (8 << 20))).isFalse();
    assertThat(patience.isOver(true, 1_001 + (8 << 20))).isTrue();
  }
}
