package io.ironclaw.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a run measured, what failed in it, and what it skipped. For one thread. */
final class Results {
  private final Map<String, Series> series = new LinkedHashMap<>();
  private final Map<String, Integer> attempts = new LinkedHashMap<>();
  private final Map<String, List<String>> failures = new LinkedHashMap<>();
  private final Map<String, String> skipped = new LinkedHashMap<>();

  void add(String key, double sample) {
    series.computeIfAbsent(key, _ -> new Series()).add(sample);
  }

  void attempted(String probe) {
    attempts.merge(probe, 1, Integer::sum);
  }

  void failed(String probe, String why) {
    failures.computeIfAbsent(probe, _ -> new ArrayList<>()).add(why);
  }

  void skip(String key, String why) {
    skipped.put(key, why);
  }

  Optional<Series> series(String key) {
    return Optional.ofNullable(series.get(key));
  }

  Optional<Double> median(String key) {
    return series(key).map(Series::median);
  }

  Map<String, Series> all() {
    return Collections.unmodifiableMap(series);
  }

  Map<String, Integer> attempts() {
    return Collections.unmodifiableMap(attempts);
  }

  Map<String, List<String>> failures() {
    return Collections.unmodifiableMap(failures);
  }

  Map<String, String> skipped() {
    return Collections.unmodifiableMap(skipped);
  }
}
