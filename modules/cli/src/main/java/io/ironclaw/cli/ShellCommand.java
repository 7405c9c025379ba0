package io.ironclaw.cli;

import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Limits;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ironclaw shell}: a terminal in a VM. */
@Command(
    name = "shell",
    description = "Open a shell, or another command, on a terminal in a micro-VM.",
    footer = {
      "",
      "The VM and everything in it is gone when the shell ends. The time limit is 24 hours here.",
      "When the guest does not react: Ctrl-] three times ends the VM.",
      "",
      "Examples:",
      "  ironclaw shell",
      "  ironclaw shell --memory 1g -- python3"
    })
final class ShellCommand implements Callable<Integer> {
  private static final List<String> SHELL =
      List.of("/bin/sh", "-c", "[ -x /bin/bash ] && exec /bin/bash -l; exec /bin/sh -l");

  private final Context context;

  @Mixin private final VmOptions vm = new VmOptions();
  @Mixin private final CommandOptions command = new CommandOptions();
  @Mixin private final Common common = new Common();

  @Parameters(arity = "0..*", paramLabel = "CMD", description = "What to run (a login shell).")
  private List<String> argv = List.of();

  ShellCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IronClawException, InterruptedException {
    common.apply(context);
    if (!context.terminals().onStdin()) {
      throw new IllegalArgumentException(
          "shell needs a terminal on stdin; for input from elsewhere use ironclaw exec -- sh");
    }
    var spec = vm.spec(context.settings(), Limits.MAX_TIME);
    return new TerminalRun(context)
        .run(
            vm.settings(context),
            spec,
            size -> command.exec(argv.isEmpty() ? SHELL : argv, context.env(), Optional.of(size)));
  }
}
