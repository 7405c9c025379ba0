package io.ironclaw.cli;

import io.ironclaw.api.AuditKind;
import io.ironclaw.api.Printable;
import io.ironclaw.audit.LoggedEntry;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Entries of the audit for a person to read: whatever is in them, it steers no terminal. */
final class AuditText {
  private static final int MOST_VALUE = 120;

  /** What no person reads of a checkpoint; {@code show} has it. */
  private static final Set<String> LEFT_OUT = Set.of("log", "head", "first_prev", "signature");

  private AuditText() {}

  /** One line, with its end. */
  static String line(LoggedEntry entry) {
    var text = new StringBuilder();
    text.append("%6d  %s  %-18s".formatted(entry.n(), entry.at(), Printable.line(entry.kind())));
    if (entry.times() > 1) {
      text.append(" ").append(entry.times()).append(" times");
    }
    entry
        .data()
        .forEach((name, value) -> {
          if (entry.kind().equals(AuditKind.CHECKPOINT.text()) && LEFT_OUT.contains(name)) {
            return;
          }
          text.append(' ');
          if (!name.equals("vm")) {
            text.append(Printable.line(name)).append('=');
          }
          text.append(cut(value(value)));
        });
    return text.append('\n').toString();
  }

  /** All of it, a line for each part. */
  static String whole(LoggedEntry entry) {
    var text = new StringBuilder();
    part(text, "entry", Long.toString(entry.n()));
    part(text, "at", entry.at().toString());
    part(text, "kind", Printable.line(entry.kind()));
    part(text, "times", Long.toString(entry.times()));
    part(text, "process", Long.toString(entry.pid()));
    entry.data().forEach((name, value) -> part(text, Printable.line(name), value(value)));
    part(text, "sha256", Printable.line(entry.sha256()));
    return text.toString();
  }

  private static void part(StringBuilder text, String name, String value) {
    text.append("%-16s %s%n".formatted(name, value));
  }

  private static String value(Object value) {
    return value instanceof List<?> list
        ? list.stream()
            .map(item -> word(String.valueOf(item)))
            .collect(Collectors.joining(" ", "[", "]"))
        : Printable.of(String.valueOf(value));
  }

  /** In quotes where it would be taken for several. */
  private static String word(String item) {
    String shown = Printable.of(item);
    return shown.isEmpty() || shown.indexOf(' ') >= 0 ? '"' + shown + '"' : shown;
  }

  private static String cut(String text) {
    if (text.length() <= MOST_VALUE) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(MOST_VALUE - 1)) ? MOST_VALUE - 1 : MOST_VALUE;
    return text.substring(0, end) + "...";
  }
}
