package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import io.ironclaw.audit.LoggedEntry;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ironclaw audit stats}: how much there is of what. */
@Command(
    name = "stats",
    description = "Count the entries by kind, and what was lost.",
    footer = {"", "Examples:", "  ironclaw audit stats", "  ironclaw audit stats --json"})
final class AuditStatsCommand implements Callable<Integer> {
  private static final int MOST_KINDS = 100;

  private final Context context;

  @Mixin private final Common common = new Common();

  @Option(names = "--json", description = "One JSON object on stdout.")
  private boolean json;

  private final Map<String, Long> kinds = new TreeMap<>();
  private long entries;
  private long lost;
  private Optional<Instant> oldest = Optional.empty();
  private Optional<Instant> newest = Optional.empty();

  AuditStatsCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws HostException {
    common.apply(context);
    var reader = AuditCommand.reader(context);
    reader.forEach(this::count);
    var size = reader.size();
    if (json) {
      Json.print(
          context.stdout(),
          object -> {
            object.writeNumberProperty("entries", entries);
            object.writeNumberProperty("lost", lost);
            object.writeNumberProperty("files", size.files());
            object.writeNumberProperty("bytes", size.bytes());
            oldest.ifPresent(at -> object.writeStringProperty("oldest", at.toString()));
            newest.ifPresent(at -> object.writeStringProperty("newest", at.toString()));
            object.writeObjectPropertyStart("kinds");
            kinds.forEach(object::writeNumberProperty);
            object.writeEndObject();
          });
    } else {
      var text = new StringBuilder();
      text.append(
          "%d entries in %d files, %d KiB%s%n"
              .formatted(
                  entries,
                  size.files(),
                  size.bytes() >> 10,
                  oldest.map(at -> ", since " + at).orElse("")));
      text.append(
          "%d were lost, as there were too many or the log could not be written%n".formatted(lost));
      kinds.forEach((kind, times) -> text.append("%10d  %s%n".formatted(times, kind)));
      context.print(text.toString());
    }
    AuditCommand.tellWrong(context, reader);
    return ExitStatus.OK;
  }

  private void count(LoggedEntry entry) {
    entries++;
    String kind = Printable.line(entry.kind());
    kinds.merge(
        kinds.containsKey(kind) || kinds.size() < MOST_KINDS ? kind : "others",
        entry.times(),
        Long::sum);
    if (entry.kind().equals("dropped") && entry.data().get("entries") instanceof Long times) {
      lost += times;
    }
    if (oldest.isEmpty()) {
      oldest = Optional.of(entry.at());
    }
    newest = Optional.of(entry.at());
  }
}
