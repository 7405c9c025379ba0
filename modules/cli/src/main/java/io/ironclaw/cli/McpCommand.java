package io.ironclaw.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ironclaw mcp}: names the transports. */
@Command(
    name = "mcp",
    description = "Serve agents over the Model Context Protocol.",
    synopsisSubcommandLabel = "TRANSPORT",
    footer = {"", "Examples:", "  ironclaw mcp stdio"})
final class McpCommand implements Callable<Integer> {
  private final Context context;

  @Mixin private final Common common = new Common();

  // Picocli sets it before any call.
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  McpCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    common.apply(context);
    context.messages().say("name a transport: ironclaw mcp stdio");
    context.messages().write(spec.commandLine().getUsageMessage());
    return ExitStatus.USAGE;
  }
}
