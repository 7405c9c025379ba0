package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.audit.AuditReader;
import io.ironclaw.audit.AuditSettings;
import io.ironclaw.audit.LoggedEntry;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ironclaw audit}: what has happened, and whether the record of it is whole. */
@Command(
    name = "audit",
    description = "Look at the log of all that happened, and whether it is whole.",
    footer = {
      "",
      "Examples:",
      "  ironclaw audit tail",
      "  ironclaw audit verify",
      "  ironclaw audit export --format csv > audit.csv"
    })
final class AuditCommand implements Callable<Integer> {
  private final Context context;

  @Mixin private final Common common = new Common();

  // Picocli sets it before any call.
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  private AuditCommand(Context context) {
    this.context = context;
  }

  /** With its subcommands. */
  static CommandLine of(Context context) {
    return new CommandLine(new AuditCommand(context))
        .addSubcommand("tail", new AuditTailCommand(context))
        .addSubcommand("show", new AuditShowCommand(context))
        .addSubcommand("verify", new AuditVerifyCommand(context))
        .addSubcommand("export", new AuditExportCommand(context))
        .addSubcommand("stats", new AuditStatsCommand(context))
        .addSubcommand("checkpoint", new AuditCheckpointCommand(context));
  }

  @Override
  public Integer call() {
    common.apply(context);
    context
        .messages()
        .say("say what to do: ironclaw audit tail, show, verify, export, stats or checkpoint");
    context.messages().write(spec.commandLine().getUsageMessage());
    return ExitStatus.USAGE;
  }

  /** How the log is kept. */
  static AuditSettings settings(Context context) throws HostException {
    return context
        .settings()
        .audit()
        .orElseThrow(
            () -> new HostException("there is no audit: IRONCLAW_AUDIT=off; unset the variable"));
  }

  static AuditReader reader(Context context) throws HostException {
    return new AuditReader(settings(context).folder());
  }

  /** Tells of lines that could not be shown. */
  static void tellWrong(Context context, AuditReader reader) {
    if (reader.wrong() > 0) {
      context
          .messages()
          .say(
              "%d lines of the log are no entries and are left out; see ironclaw audit verify"
                  .formatted(reader.wrong()));
    }
  }

  /** The VM that an entry is about; empty text if it is about none. */
  static String vm(LoggedEntry entry) {
    return entry.data().get("vm") instanceof String vm ? vm : "";
  }
}
