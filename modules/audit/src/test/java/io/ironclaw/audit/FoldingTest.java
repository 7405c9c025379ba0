package io.ironclaw.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FoldingTest {
  private static final long SECOND = Folding.WINDOW_NANOS;

  private final List<Encoded> passed = new ArrayList<>();
  private final Folding folding = new Folding(passed::add);

  @Test
  void of_the_same_entry_many_times_in_a_second_the_first_passes_and_then_their_number() {
    for (int i = 0; i < 500; i++) {
      folding.take(Logs.entry("a"), i);
    }
    assertThat(passed).hasSize(1);
    folding.expire(SECOND - 1);
    assertThat(passed).hasSize(1);
    folding.expire(SECOND);
    assertThat(passed).hasSize(2);
    assertThat(passed.getLast().times()).isEqualTo(499);
    folding.take(Logs.entry("a"), SECOND);
    assertThat(passed.getLast().times()).isEqualTo(1);
  }

  @Test
  void no_entry_is_lost_or_counted_twice_whatever_comes_when() {
    var random = new Random(7);
    long now = 0;
    long all = 0;
    for (int i = 0; i < 200_000; i++) {
      now += random.nextInt(200) * SECOND / 10_000;
      folding.take(Logs.entry("x" + random.nextInt(3_000)), now);
      all++;
    }
    folding.flush();
    assertThat(passed.stream().mapToLong(Encoded::times).sum()).isEqualTo(all);
    assertThat(passed).hasSizeLessThan(200_000);
  }
}
