package io.ironclaw.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The samples of one figure, in the order they were taken. For one thread. */
final class Series {
  private final List<Double> samples = new ArrayList<>();

  void add(double sample) {
    samples.add(sample);
  }

  int n() {
    return samples.size();
  }

  List<Double> samples() {
    return Collections.unmodifiableList(samples);
  }

  /**
   * The nearest-rank percentile: a sample that was really measured.
   *
   * @param percent over 0, up to 100
   * @throws IllegalStateException without samples
   */
  double percentile(double percent) {
    if (samples.isEmpty()) {
      throw new IllegalStateException("no samples");
    }
    var sorted = samples.stream().sorted().toList();
    int rank = (int) Math.ceil(percent / 100 * sorted.size());
    return sorted.get(Math.clamp(rank - 1, 0, sorted.size() - 1));
  }

  /** Whether there are so many samples that a percentile is another one than the largest. */
  boolean resolves(int percent) {
    return n() * (100 - percent) >= 100;
  }

  double max() {
    return percentile(100);
  }

  double median() {
    return percentile(50);
  }
}
