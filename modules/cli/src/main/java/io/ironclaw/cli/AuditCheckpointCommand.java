package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.audit.Audit;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ironclaw audit checkpoint}: signs the log as it is, for keeping elsewhere. */
@Command(
    name = "checkpoint",
    description = "Sign the log as it is now, and print that: one line to be kept elsewhere.",
    footer = {
      "",
      "Kept where nobody on this host can change it, it shows later that the log was not"
          + " rewritten:",
      "see ironclaw audit verify --anchor.",
      "",
      "Examples:",
      "  ironclaw audit checkpoint | ssh backup 'cat >> ironclaw-checkpoints'"
    })
final class AuditCheckpointCommand implements Callable<Integer> {
  private final Context context;

  @Mixin private final Common common = new Common();

  AuditCheckpointCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws HostException, InterruptedException {
    common.apply(context);
    byte[] line = Audit.checkpoint(AuditCommand.settings(context));
    context.print(new String(line, StandardCharsets.US_ASCII));
    return ExitStatus.OK;
  }
}
