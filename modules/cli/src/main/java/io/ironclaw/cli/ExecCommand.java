package io.ironclaw.cli;

import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.Execution;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.Limits;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.tool.ToolCall;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ironclaw exec}: one command in a VM of its own. */
@Command(
    name = "exec",
    description = "Run one command in a micro-VM of its own.",
    footer = {
      "",
      "stdin, stdout and stderr are the command's, and so is the exit status. Others:",
      "  64 wrong usage, 124 time limit, 125 IronClaw failed, 126 not executable,",
      "  127 not found, 128+N ended by signal N.",
      "Signals are the command's: Ctrl-C, Ctrl-\\, Ctrl-Z, TERM and HUP. Ctrl-C again ends the VM,"
          + " and",
      "so do 5 s without an end after TERM or HUP.",
      "",
      "Examples:",
      "  ironclaw exec -- uname -a",
      "  ironclaw exec --memory 1g --timeout 2m -- python3 - < script.py",
      "  tar c src | ironclaw exec -- sh -c 'tar x && ls -R'",
      "  ironclaw exec --json -- ls /nope"
    })
final class ExecCommand implements Callable<Integer>, QuickArguments.Target {
  private final Context context;

  @Mixin private final VmOptions vm = new VmOptions();
  @Mixin private final CommandOptions command = new CommandOptions();
  @Mixin private final Common common = new Common();

  @Option(
      names = {"-t", "--tty"},
      description = "Give the command a terminal, as of ironclaw shell.")
  private boolean tty;

  @Option(
      names = "--json",
      description = "One JSON object on stdout at the end, with the output in it (1 MiB each).")
  private boolean json;

  @Option(
      names = "--proof",
      description = "Show at the end what isolated the VM: on stderr, or in the JSON.")
  private boolean proof;

  @Parameters(arity = "1..*", paramLabel = "CMD", description = "The program and its arguments.")
  private List<String> argv = List.of();

  ExecCommand(Context context) {
    this.context = context;
  }

  @Override
  public boolean flag(String name) {
    boolean fresh;
    switch (name) {
      case "--json" -> {
        fresh = !json;
        json = true;
      }
      case "--proof" -> {
        fresh = !proof;
        proof = true;
      }
      case "-t", "--tty" -> {
        fresh = !tty;
        tty = true;
      }
      default -> fresh = common.quick(name);
    }
    return fresh;
  }

  @Override
  public boolean option(String name, String value) {
    return vm.quick(name, value) || command.quick(name, value);
  }

  @Override
  public void rest(List<String> arguments) {
    argv = List.copyOf(arguments);
  }

  @Override
  public Integer call() throws IronClawException, InterruptedException {
    common.apply(context);
    DockerHabits.refuseMount(argv.isEmpty() ? "" : argv.getFirst());
    if (json && tty) {
      throw new IllegalArgumentException("--json and --tty exclude each other: leave one out");
    }
    if (proof && tty) {
      throw new IllegalArgumentException(
          "--proof and --tty exclude each other: see ironclaw proof --last");
    }
    if (tty) {
      return new TerminalRun(context)
          .run(
              vm.settings(context),
              vm.spec(context.settings(), Limits.DEFAULT.time()),
              size -> command.exec(argv, context.env(), Optional.of(size)));
    }
    var spec = vm.spec(context.settings(), Limits.DEFAULT.time());
    return run(spec, command.exec(argv, context.env(), Optional.empty()));
  }

  private int run(SandboxSpec spec, ExecSpec exec) throws IronClawException, InterruptedException {
    try (var foreground = new Foreground(context, vm.settings(context))) {
      try {
        var sandbox = foreground.open(spec);
        context.messages().spawned(sandbox.spawn());
        return foreground.call(
            new ToolCall.Exec<>(exec, (_, execution) -> run(foreground, spec, sandbox, execution)));
      } catch (IronClawException | InterruptedException e) {
        if (foreground.endedBy() != 0) {
          // The end was asked for, and this is how it looks from here.
          return ExitStatus.ofSignal(foreground.endedBy());
        }
        throw e;
      }
    }
  }

  private int run(Foreground foreground, SandboxSpec spec, Sandbox sandbox, Execution execution)
      throws IronClawException, InterruptedException {
    foreground.onSignal(Foreground.Receiver.of(execution));
    try (var _ = StdinPump.start(context, context.stdin(), execution, () -> {})) {
      int status = json ? report(sandbox, execution) : stream(spec, sandbox, execution);
      context.timing().mark(Timing.Mark.EXEC_DONE);
      return status;
    }
  }

  private int stream(SandboxSpec spec, Sandbox sandbox, Execution execution)
      throws IronClawException, InterruptedException {
    var result = CommandRun.join(execution, context.stdout(), context.messages().stderr());
    context.messages().ended(result, spec);
    context.messages().refused(result);
    if (proof) {
      context
          .messages()
          .say(ProofText.of(sandbox.handOutProof(), context.messages().verbose()).strip());
    }
    return result.status();
  }

  private int report(Sandbox sandbox, Execution execution)
      throws IronClawException, InterruptedException {
    var stdout = new Capture();
    var stderr = new Capture();
    var result = CommandRun.join(execution, stdout, stderr);
    var shown = proof ? Optional.of(sandbox.handOutProof()) : Optional.<IsolationProof>empty();
    ExecJson.write(context.stdout(), sandbox.spawn(), shown, result, stdout, stderr);
    return result.status();
  }
}
