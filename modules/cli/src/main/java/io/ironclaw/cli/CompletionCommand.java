package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ironclaw completion}: the script that makes a shell complete our command line. */
@Command(
    name = "completion",
    description = "Print the script that completes this command line in bash or zsh.",
    footer = {
      "",
      "Examples:",
      "  source <(ironclaw completion bash)",
      "  ironclaw completion zsh > ~/.ironclaw-completion   # then source it in ~/.zshrc"
    })
final class CompletionCommand implements Callable<Integer> {
  private static final Set<String> SHELLS = Set.of("bash", "zsh");

  private final Context context;

  @Mixin private final Common common = new Common();

  @Parameters(
      arity = "0..1",
      paramLabel = "SHELL",
      description = "bash or zsh (bash).",
      defaultValue = "bash")
  private String shell = "bash";

  CompletionCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws HostException {
    common.apply(context);
    // One script serves both.
    if (!SHELLS.contains(shell)) {
      throw new IllegalArgumentException(
          "no completion for \"" + Printable.of(shell) + "\": use bash or zsh");
    }
    var script = AutoComplete.bash(Commands.NAME, Commands.all(context));
    try {
      context.stdout().write(script.getBytes(StandardCharsets.UTF_8));
      context.stdout().flush();
    } catch (IOException e) {
      throw new HostException("the script can't be written to stdout: " + e.getMessage(), e);
    }
    return ExitStatus.OK;
  }
}
