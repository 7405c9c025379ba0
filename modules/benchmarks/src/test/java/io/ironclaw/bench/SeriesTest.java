package io.ironclaw.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SeriesTest {
  private static Series of(double... samples) {
    var series = new Series();
    for (double sample : samples) {
      series.add(sample);
    }
    return series;
  }

  @Test
  void a_percentile_is_a_sample_by_nearest_rank() {
    var series = new Series();
    for (int i = 100; i >= 1; i--) {
      series.add(i);
    }

    assertThat(series.median()).isEqualTo(50);
    assertThat(series.percentile(95)).isEqualTo(95);
    assertThat(series.percentile(99)).isEqualTo(99);
    assertThat(series.percentile(100)).isEqualTo(100);
  }

  @Test
  void one_sample_is_every_percentile() {
    assertThat(of(7).median()).isEqualTo(7);
    assertThat(of(7).percentile(99)).isEqualTo(7);
  }

  @Test
  void samples_stay_in_the_order_they_were_taken() {
    assertThat(of(3, 1, 2).samples()).containsExactly(3.0, 1.0, 2.0);
  }

  @Test
  void no_samples_have_no_percentile() {
    assertThatThrownBy(() -> of().median()).isInstanceOf(IllegalStateException.class);
  }
}
