package io.ironclaw.cli;

import io.ironclaw.api.IronClawException;
import io.ironclaw.sandbox.Cleaning;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ironclaw gc}: what killed owners left of their VMs. */
@Command(
    name = "gc",
    description = "Clear up after VMs whose owner was killed: processes, control groups, folders.",
    footer = {
      "",
      "Every start of a VM does this first. VMs whose owner lives are not touched.",
      "",
      "Examples:",
      "  ironclaw gc",
      "  ironclaw gc --json"
    })
final class GcCommand implements Callable<Integer> {
  private final Context context;

  @Mixin private final Common common = new Common();

  @Option(names = "--json", description = "One JSON object on stdout.")
  private boolean json;

  GcCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IronClawException {
    common.apply(context);
    int cleared = Cleaning.ofDeadOwners(context.settings());
    if (json) {
      Json.print(context.stdout(), object -> object.writeNumberProperty("vms", cleared));
    } else {
      context.print("cleared up after %d VMs whose owner is gone\n".formatted(cleared));
    }
    return ExitStatus.OK;
  }
}
