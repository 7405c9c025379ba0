package io.ironclaw.cli;

import io.ironclaw.api.AuditKind;
import io.ironclaw.api.Printable;
import io.ironclaw.audit.LoggedEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which entries are meant. */
final class AuditFilter {
  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description =
          "Of this kind, such as exec-began; security: refusals, violations, losses. Repeatable.")
  private List<String> kinds = new ArrayList<>();

  @Option(names = "--vm", paramLabel = "ID", description = "About this VM.")
  private @Nullable String vm;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      converter = Amounts.Time.class,
      description = "Not older than this, such as 2h.")
  private @Nullable Duration since;

  private static final String SECURITY = "security";

  /**
   * @throws IllegalArgumentException if a kind is none
   */
  Predicate<LoggedEntry> predicate() {
    for (var kind : kinds) {
      if (!kind.equals(SECURITY) && AuditKind.of(kind).isEmpty()) {
        throw new IllegalArgumentException(
            "--kind %s: there is no such kind; there are security, %s"
                .formatted(
                    Printable.line(kind),
                    String.join(
                        ", ",
                        java.util.Arrays.stream(AuditKind.values())
                            .map(AuditKind::text)
                            .toList())));
      }
    }
    var from = since != null ? Instant.now().minus(since) : Instant.MIN;
    return entry ->
        (kinds.isEmpty() || kinds.stream().anyMatch(kind -> is(entry, kind)))
            && (vm == null || AuditCommand.vm(entry).equals(vm))
            && !entry.at().isBefore(from);
  }

  private static boolean is(LoggedEntry entry, String kind) {
    return kind.equals(SECURITY)
        ? AuditKind.of(entry.kind()).map(AuditKind::isSecurity).orElse(true)
        : entry.kind().equals(kind);
  }
}
