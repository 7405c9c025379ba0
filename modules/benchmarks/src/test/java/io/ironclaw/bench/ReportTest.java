package io.ironclaw.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
  private final Results results = new Results();
  private final Map<String, String> machine =
      new LinkedHashMap<>(Map.of("cpu", "a \"quoted\" one"));

  @Test
  void json_has_one_object_a_figure_and_the_raw_samples() {
    results.attempted("exec");
    results.add("exec_ms", 2.00049);
    results.add("exec_ms", 1);

    assertThat(new Report(results, machine).json())
        .startsWith("{\"exec_ms\":{\"p50\":1.0,\"max\":2.0,\"n\":2},")
        .contains("\"machine\":{\"cpu\":\"a \\\"quoted\\\" one\"}")
        .contains("\"samples\":{\"exec_ms\":[2.0,1.0]}")
        .contains("\"runs\":{\"exec\":1}");
  }

  @Test
  void a_percentile_that_would_be_the_largest_sample_is_called_the_largest() {
    for (int i = 1; i <= 99; i++) {
      results.add("a_ms", i);
      results.add("b_ms", i);
    }
    results.add("b_ms", 100);

    var json = new Report(results, machine).json();
    assertThat(json).contains("\"a_ms\":{\"p50\":50.0,\"max\":99.0,\"n\":99}");
    assertThat(json).contains("\"b_ms\":{\"p50\":50.0,\"p99\":99.0,\"max\":100.0,\"n\":100}");
    assertThat(new Report(results, machine).markdown())
        .contains("| a_ms | 50.0 | 95.0 | - | 99.0 | 99 |")
        .contains("| b_ms | 50.0 | 95.0 | 99.0 | 100 | 100 |");
  }

  @Test
  void what_failed_and_what_was_skipped_is_in_every_report() {
    results.attempted("clone");
    results.failed("clone", "it broke");
    results.skip("runsc_ms", "not installed");
    var report = new Report(results, machine);

    assertThat(report.text())
        .contains("clone: 0 of 1 runs succeeded")
        .contains("failure of clone: it broke")
        .contains("runsc_ms  skipped: not installed");
    assertThat(report.markdown()).contains("it broke").contains("skipped: not installed");
    assertThat(report.json())
        .contains("\"failures\":{\"clone\":[\"it broke\"]}")
        .contains("\"skipped\":{\"runsc_ms\":\"not installed\"}");
  }
}
