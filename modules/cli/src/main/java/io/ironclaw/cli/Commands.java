package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Finds the command that was asked for and runs it. Picocli takes milliseconds for each command
 * that it gets to know, so it is told of one only; of all of them for help, typing errors and
 * completion.
 */
final class Commands {
  static final String NAME = "ironclaw";

  private static final List<String> NAMES =
      List.of(
          "exec",
          "shell",
          "spawn-vm",
          "mcp",
          "test-mcp",
          "doctor",
          "proof",
          "net",
          "audit",
          "gc",
          "prune",
          "completion");

  private Commands() {}

  /** Runs a command line and returns its exit status. */
  static int run(Context context, String[] args) {
    try {
      RawArguments.check(args);
      if (args.length > 0 && args[0].equals("exec")) {
        var exec = new ExecCommand(context);
        if (QuickArguments.read(args, 1, exec)) {
          return call(context, args, exec);
        }
      }
      if (args.length == 1 && (args[0].equals("--version") || args[0].equals("-V"))) {
        RootCommand.printVersion(context);
        return ExitStatus.OK;
      }
      var line = args.length > 0 ? one(context, args[0]) : Optional.<CommandLine>empty();
      if (line.isPresent()) {
        var rest = new String[args.length - 1];
        System.arraycopy(args, 1, rest, 0, rest.length);
        return line.get().execute(rest);
      }
      return all(context).execute(args);
    } catch (RawArguments.UndecodableException e) {
      return failed(context, args, new IllegalArgumentException(e.getMessage(), e));
    } catch (HostException | RuntimeException | Error e) {
      // A bug of ours or no memory; what a command throws is dealt with below.
      context.messages().error(e);
      return ExitStatus.OWN_ERROR;
    }
  }

  /** Whether --json stands among the options, which end where the guest's command begins. */
  private static boolean asksForJson(String[] args) {
    for (String arg : args) {
      if (arg.equals("--")) {
        return false;
      }
      if (arg.equals("--json")) {
        return true;
      }
    }
    return false;
  }

  private static int call(Context context, String[] args, ExecCommand exec) {
    try {
      return exec.call();
    } catch (IronClawException | InterruptedException | IllegalArgumentException e) {
      return failed(context, args, e);
    }
  }

  /** An error of a command or of its options, as JSON too where that was asked for. */
  private static int failed(Context context, String[] args, Exception e) {
    context.messages().error(e);
    int status = ExitStatus.of(e);
    if (asksForJson(args)) {
      try {
        Json.print(context.stdout(), object -> Json.error(object, e, status));
      } catch (HostException unprinted) {
        context.messages().error(unprinted);
      }
    }
    return status;
  }

  /** One command, known to picocli; empty if there is none of that name. */
  static Optional<CommandLine> one(Context context, String name) {
    var command = command(context, name);
    if (command.isEmpty()) {
      return Optional.empty();
    }
    var line =
        command.get() instanceof CommandLine nested ? nested : new CommandLine(command.get());
    line.setCommandName(NAME + " " + name);
    return Optional.of(configured(context, line));
  }

  private static Optional<Object> command(Context context, String name) {
    return switch (name) {
      case "exec" -> Optional.of(new ExecCommand(context));
      case "shell" -> Optional.of(new ShellCommand(context));
      case "spawn-vm" -> Optional.of(new SpawnVmCommand(context));
      case "mcp" ->
          Optional.of(
              new CommandLine(new McpCommand(context))
                  .addSubcommand("stdio", new McpStdioCommand(context)));
      case "test-mcp" -> Optional.of(new TestMcpCommand(context));
      case "doctor" -> Optional.of(new DoctorCommand(context));
      case "proof" -> Optional.of(new ProofCommand(context));
      case "net" ->
          Optional.of(
              new CommandLine(new NetCommand(context))
                  .addSubcommand("show", new NetCommand.Show(context)));
      case "audit" -> Optional.of(AuditCommand.of(context));
      case "gc" -> Optional.of(new GcCommand(context));
      case "prune" -> Optional.of(new PruneCommand(context));
      case "completion" -> Optional.of(new CompletionCommand(context));
      default -> Optional.empty();
    };
  }

  /** The whole command line. */
  static CommandLine all(Context context) {
    var line = new CommandLine(new RootCommand(context));
    for (String name : NAMES) {
      command(context, name).ifPresent(command -> line.addSubcommand(name, command));
    }
    line.addSubcommand("help", new CommandLine.HelpCommand());
    return configured(context, line);
  }

  private static CommandLine configured(Context context, CommandLine line) {
    var configured = configuredAlike(context, line);
    stopAtPositionals(configured);
    return configured;
  }

  /** What runs nothing in a guest has no command after which options would be the command's. */
  private static void stopAtPositionals(CommandLine line) {
    boolean runsNothing =
        line.getCommand() instanceof ProofCommand
            || line.getCommand() instanceof NetCommand.Show
            || line.getCommand() instanceof AuditShowCommand;
    line.setStopAtPositional(!runsNothing);
    for (var one : line.getSubcommands().values()) {
      stopAtPositionals(one);
    }
  }

  private static CommandLine configuredAlike(Context context, CommandLine line) {
    return line.setOut(new PrintWriter(context.stdout(), true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(context.messages().stderr(), true, StandardCharsets.UTF_8))
        // "exec ls -l" is "exec -- ls -l".
        .setStopAtPositional(true)
        // "@file" would read a file of the host into a guest's command.
        .setExpandAtFiles(false)
        .setInterpolateVariables(false)
        .setUsageHelpWidth(100)
        // Looking for a terminal with colours would load the JDK's own line editor.
        .setColorScheme(Help.defaultColorScheme(Help.Ansi.OFF))
        .setParameterExceptionHandler(
            (e, args) -> failed(context, args, new IllegalArgumentException(message(e), e)))
        .setExecutionExceptionHandler((e, command, parsed) ->
            failed(context, parsed.originalArgs().toArray(String[]::new), e));
  }

  private static String message(ParameterException e) {
    var message = new StringBuilder(String.valueOf(e.getMessage()));
    if (e instanceof UnmatchedArgumentException unmatched) {
      var hint = DockerHabits.hint(unmatched.getUnmatched());
      if (hint.isPresent()) {
        return message.append(": ").append(hint.get()).toString();
      }
      var suggestions = unmatched.getSuggestions();
      if (!suggestions.isEmpty()) {
        message.append("; did you mean ").append(String.join(" or ", suggestions)).append('?');
      }
    }
    if (e instanceof MissingParameterException || e instanceof UnmatchedArgumentException) {
      message
          .append("; see ")
          .append(e.getCommandLine().getCommandSpec().qualifiedName(" "))
          .append(" --help");
    }
    return message.toString();
  }

  /** The version that the build wrote into the jar. */
  static String version() {
    return Optional.ofNullable(Commands.class.getPackage().getImplementationVersion())
        .orElse("(not packaged)");
  }
}
