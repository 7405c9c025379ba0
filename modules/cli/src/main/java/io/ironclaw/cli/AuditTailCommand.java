package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.audit.LoggedEntry;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ironclaw audit tail}: the newest entries. */
@Command(
    name = "tail",
    description = "Show the newest entries, and with -f those that follow.",
    footer = {
      "",
      "Examples:",
      "  ironclaw audit tail -f",
      "  ironclaw audit tail --kind security -n 50",
      "  ironclaw audit tail --vm vm-x1y2z3"
    })
final class AuditTailCommand implements Callable<Integer> {
  private static final int MOST = 100_000;

  private final Context context;

  @Mixin private final AuditFilter filter = new AuditFilter();
  @Mixin private final Common common = new Common();

  @Option(
      names = {"-n", "--lines"},
      paramLabel = "N",
      description = "So many (20).")
  private int lines = 20;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on with those that are added, until Ctrl-C.")
  private boolean follow;

  @Option(names = "--json", description = "The lines as they are in the log.")
  private boolean json;

  AuditTailCommand(Context context) {
    this.context = context;
  }

  /** Stdout can't be written any more. */
  private static final class UnwrittenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnwrittenException(HostException cause) {
      super(cause);
    }
  }

  @Override
  public Integer call() throws HostException, InterruptedException {
    common.apply(context);
    if (lines < 0 || lines > MOST) {
      throw new IllegalArgumentException("-n " + lines + ": use 0 to " + MOST);
    }
    var which = filter.predicate();
    var reader = AuditCommand.reader(context);
    try {
      if (follow) {
        reader.follow(lines, which, this::show);
      } else {
        reader.last(lines, which).forEach(this::show);
      }
    } catch (UnwrittenException e) {
      throw e.getCause() instanceof HostException unwritten
          ? unwritten
          : new HostException("nothing can be shown", e);
    }
    AuditCommand.tellWrong(context, reader);
    return ExitStatus.OK;
  }

  private void show(LoggedEntry entry) {
    try {
      context.print(json ? entry.json() + "\n" : AuditText.line(entry));
    } catch (HostException e) {
      throw new UnwrittenException(e);
    }
  }
}
