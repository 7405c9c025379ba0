package io.ironclaw.cli;

import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.Execution;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.TerminalSize;
import io.ironclaw.sandbox.Settings;
import io.ironclaw.tool.ToolCall;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Function;

/** A command on a terminal in a VM, joined with the user's terminal where there is one. */
final class TerminalRun {
  private static final TerminalSize NO_TERMINAL = new TerminalSize(24, 80);

  private final Context context;

  TerminalRun(Context context) {
    this.context = context;
  }

  /**
   * Runs the command to its end.
   *
   * @param command the command on a terminal of the size that it is given
   * @return the exit status
   */
  int run(Settings settings, SandboxSpec spec, Function<TerminalSize, ExecSpec> command)
      throws IronClawException, InterruptedException {
    var terminal = open();
    var exec = command.apply(terminal.map(Terminals.UserTerminal::size).orElse(NO_TERMINAL));
    try (var foreground = new Foreground(context, settings)) {
      try {
        context.messages().spawned(foreground.open(spec).spawn());
        return foreground.call(
            new ToolCall.Exec<>(
                exec, (_, execution) -> run(foreground, spec, terminal, execution)));
      } catch (IronClawException | InterruptedException e) {
        if (foreground.endedBy() != 0) {
          return ExitStatus.ofSignal(foreground.endedBy());
        }
        throw e;
      }
    }
  }

  private int run(
      Foreground foreground,
      SandboxSpec spec,
      Optional<Terminals.UserTerminal> terminal,
      Execution execution)
      throws IronClawException, InterruptedException {
    foreground.onSignal(Foreground.Receiver.of(execution));
    try (var _ = stdin(foreground, terminal, execution)) {
      var result = join(terminal, execution);
      context.messages().ended(result, spec);
      return result.status();
    }
  }

  /**
   * The terminal is given back here, however the command ends: ending the read of stdin closes the
   * descriptor that its mode is set by.
   */
  private CommandRun.Result join(Optional<Terminals.UserTerminal> terminal, Execution execution)
      throws IronClawException, InterruptedException {
    try {
      return CommandRun.join(execution, context.stdout(), context.messages().stderr());
    } finally {
      context.timing().mark(Timing.Mark.EXEC_DONE);
      terminal.ifPresent(Terminals.UserTerminal::close);
    }
  }

  private Optional<Terminals.UserTerminal> open() throws HostException {
    if (!context.terminals().onStdin()) {
      return Optional.empty();
    }
    try {
      return Optional.of(context.terminals().open());
    } catch (IOException e) {
      throw new HostException(
          "this terminal can't be used: " + e.getMessage() + "; use ironclaw exec without --tty",
          e);
    }
  }

  private StdinPump stdin(
      Foreground foreground, Optional<Terminals.UserTerminal> terminal, Execution execution) {
    return terminal.isPresent()
        ? join(foreground, terminal.get(), execution)
        : StdinPump.start(context, context.stdin(), execution, () -> {});
  }

  private StdinPump join(
      Foreground foreground, Terminals.UserTerminal terminal, Execution execution) {
    foreground.onEnd(terminal::close);
    terminal.raw();
    context.signals().handle("WINCH", () -> resize(terminal, execution));
    // It may have changed before anyone listened.
    resize(terminal, execution);
    var keys = new EscapeKey(context.stdin(), () -> foreground.end(ExitStatus.SIGHUP));
    return StdinPump.start(
        context,
        keys,
        execution,
        () -> {
          terminal.raw();
          resize(terminal, execution);
        });
  }

  private void resize(Terminals.UserTerminal terminal, Execution execution) {
    try {
      execution.resize(terminal.size());
    } catch (IronClawException e) {
      // The command has ended; whoever waits for it says so if it was no good end.
      context.messages().detail("the window's new size was not passed on: " + e.getMessage());
    }
  }
}
