package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ironclaw audit show}: one entry, whole. */
@Command(
    name = "show",
    description = "Show one entry, with all that is in it.",
    footer = {"", "Examples:", "  ironclaw audit show 17", "  ironclaw audit show 17 --json"})
final class AuditShowCommand implements Callable<Integer> {
  private final Context context;

  @Mixin private final Common common = new Common();

  @Option(names = "--json", description = "The line as it is in the log.")
  private boolean json;

  @Parameters(paramLabel = "N", description = "The entry's number.")
  private long number;

  AuditShowCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws HostException {
    common.apply(context);
    var entry =
        AuditCommand.reader(context)
            .entry(number)
            .orElseThrow(() ->
                new HostException(
                    "the log has no entry " + number + " (any more); see ironclaw audit stats"));
    context.print(json ? entry.json() + "\n" : AuditText.whole(entry));
    return ExitStatus.OK;
  }
}
