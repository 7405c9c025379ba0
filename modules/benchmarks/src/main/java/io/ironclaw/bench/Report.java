package io.ironclaw.bench;

import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** A run's results as a table to read, as Markdown to keep, and as JSON for programs. */
final class Report {
  private static final List<String> HEAD = List.of("figure", "p50", "p95", "p99", "max", "n");
  private static final List<String> MARKS_HEAD = List.of("mark", "measured", "limit", "verdict");

  private final Results results;
  private final Map<String, String> machine;
  private final List<Mark> marks;

  /**
   * @param machine what it was measured on, in the order to print
   */
  Report(Results results, Map<String, String> machine) {
    this.results = results;
    this.machine = Map.copyOf(machine).isEmpty() ? Map.of() : machine;
    this.marks = Mark.of(results);
  }

  String text() {
    var text = new StringBuilder();
    columns(text, HEAD, figures());
    text.append('\n');
    columns(text, MARKS_HEAD, judged());
    text.append('\n');
    success().forEach(line -> text.append(line).append('\n'));
    machine.forEach((k, v) -> text.append(k).append(": ").append(v).append('\n'));
    return text.toString();
  }

  String markdown() {
    var text = new StringBuilder("## Machine\n\n");
    machine.forEach((k, v) -> text.append("- ").append(k).append(": ").append(v).append('\n'));
    text.append("\n## Marks\n\n");
    table(text, MARKS_HEAD, judged());
    text.append("\n## Figures\n\n");
    table(text, HEAD, figures());
    text.append("\n## Runs\n\n");
    success().forEach(line -> text.append("- ").append(line).append('\n'));
    return text.toString();
  }

  private List<List<String>> figures() {
    var rows = new ArrayList<List<String>>();
    results
        .all()
        .forEach((key, s) ->
            rows.add(
                List.of(
                    key,
                    number(s.median()),
                    tail(s, 95),
                    tail(s, 99),
                    number(s.max()),
                    "" + s.n())));
    results
        .skipped()
        .forEach((key, why) -> rows.add(List.of(key, "skipped: " + why, "", "", "", "0")));
    return rows;
  }

  private static String tail(Series series, int percent) {
    return series.resolves(percent) ? number(series.percentile(percent)) : "-";
  }

  private List<List<String>> judged() {
    return marks.stream()
        .map(m ->
            List.of(
                m.text(),
                m.value().map(v -> number(v) + " " + m.unit()).orElse("-"),
                (m.atLeast() ? "at least " : "at most ") + number(m.limit()) + " " + m.unit(),
                m.verdict().toString()))
        .toList();
  }

  private List<String> success() {
    var lines = new ArrayList<String>();
    results
        .attempts()
        .forEach((probe, attempts) -> {
          int failed = Optional.ofNullable(results.failures().get(probe)).map(List::size).orElse(0);
          lines.add("%s: %d of %d runs succeeded".formatted(probe, attempts - failed, attempts));
        });
    results
        .failures()
        .forEach((probe, all) ->
            all.stream().distinct().forEach(why -> lines.add("failure of " + probe + ": " + why)));
    return lines;
  }

  private static void columns(StringBuilder text, List<String> head, List<List<String>> rows) {
    var all = new ArrayList<List<String>>();
    all.add(head);
    all.addAll(rows);
    for (var row : all) {
      var line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        int column = i;
        int width = all.stream().mapToInt(r -> shown(r.get(column))).max().orElse(0);
        line.append(row.get(i)).repeat(' ', Math.max(0, width - row.get(i).length()) + 2);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
  }

  /** A reason for a skip runs over its columns; it must not widen them. */
  private static int shown(String cell) {
    return cell.startsWith("skipped") ? 0 : cell.length();
  }

  private static void table(StringBuilder text, List<String> head, List<List<String>> rows) {
    row(text, head);
    row(text, head.stream().map(_ -> "---").toList());
    rows.forEach(r -> row(text, r));
  }

  private static void row(StringBuilder text, List<String> cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  private static String number(double value) {
    double size = Math.abs(value);
    return String.format(Locale.ROOT, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f", value);
  }

  String json() {
    var text = new StringWriter();
    try (var json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartObject();
      results.all().forEach((key, s) -> figure(json, key, s));
      json.writeObjectPropertyStart("machine");
      machine.forEach(json::writeStringProperty);
      json.writeEndObject();
      json.writeArrayPropertyStart("marks");
      marks.forEach(m -> mark(json, m));
      json.writeEndArray();
      runs(json);
      json.writeObjectPropertyStart("skipped");
      results.skipped().forEach(json::writeStringProperty);
      json.writeEndObject();
      json.writeObjectPropertyStart("samples");
      results.all().forEach((key, s) -> samples(json, key, s));
      json.writeEndObject();
      json.writeEndObject();
    }
    return text + "\n";
  }

  private static void figure(JsonGenerator json, String key, Series series) {
    json.writeObjectPropertyStart(key);
    json.writeNumberProperty("p50", rounded(series.median()));
    if (series.resolves(99)) {
      json.writeNumberProperty("p99", rounded(series.percentile(99)));
    }
    json.writeNumberProperty("max", rounded(series.max()));
    json.writeNumberProperty("n", series.n());
    json.writeEndObject();
  }

  private static void mark(JsonGenerator json, Mark mark) {
    json.writeStartObject();
    json.writeStringProperty("mark", mark.text());
    mark.value().ifPresent(v -> json.writeNumberProperty("measured", rounded(v)));
    json.writeNumberProperty("limit", mark.limit());
    json.writeStringProperty("unit", mark.unit());
    json.writeStringProperty("verdict", mark.verdict().toString());
    json.writeEndObject();
  }

  private void runs(JsonGenerator json) {
    json.writeObjectPropertyStart("runs");
    results.attempts().forEach(json::writeNumberProperty);
    json.writeEndObject();
    json.writeObjectPropertyStart("failures");
    results
        .failures()
        .forEach((probe, all) -> {
          json.writeArrayPropertyStart(probe);
          all.forEach(json::writeString);
          json.writeEndArray();
        });
    json.writeEndObject();
  }

  private static void samples(JsonGenerator json, String key, Series series) {
    json.writeArrayPropertyStart(key);
    series.samples().forEach(s -> json.writeNumber(rounded(s)));
    json.writeEndArray();
  }

  private static double rounded(double value) {
    return Math.round(value * 1_000) / 1_000.0;
  }
}
