package io.ironclaw.cli;

import io.ironclaw.api.IronClawException;
import io.ironclaw.sandbox.Cleaning;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ironclaw prune}: gives disk space back. */
@Command(
    name = "prune",
    description = "Remove what nothing can use any more from the cache and the runtime folder.",
    footer = {
      "",
      "Removed are folders of VMs whose owner was killed, unfinished and broken templates, and",
      "kernels and images that are not current. What a running VM uses stays.",
      "",
      "Examples:",
      "  ironclaw prune",
      "  ironclaw prune --templates    # each is built again when it is needed"
    })
final class PruneCommand implements Callable<Integer> {
  private final Context context;

  @Mixin private final Common common = new Common();

  @Option(names = "--templates", description = "Remove all templates that no VM runs from, too.")
  private boolean templates;

  @Option(names = "--json", description = "One JSON object on stdout.")
  private boolean json;

  PruneCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IronClawException, InterruptedException {
    common.apply(context);
    var done =
        Cleaning.of(context.settings(), templates, event -> context.messages().say(event.text()));
    if (json) {
      Json.print(
          context.stdout(),
          object -> {
            object.writeNumberProperty("folders", done.folders());
            object.writeNumberProperty("templates", done.templates());
            object.writeNumberProperty("files", done.files());
            object.writeNumberProperty("bytes", done.bytes());
          });
      return ExitStatus.OK;
    }
    context.print(
        "removed %d folders of VMs, %d templates, %d files: %d MiB\n"
            .formatted(done.folders(), done.templates(), done.files(), done.bytes() >> 20));
    return ExitStatus.OK;
  }
}
