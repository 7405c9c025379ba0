package io.ironclaw.cli;

import io.ironclaw.api.Event;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Limits;
import io.ironclaw.api.Printable;
import io.ironclaw.mcp.McpStdioServer;
import io.ironclaw.sandbox.Isolation;
import io.ironclaw.tool.EventInterceptor;
import io.ironclaw.tool.Session;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ironclaw mcp stdio}: an MCP server for the program that started us. */
@Command(
    name = "stdio",
    description = "Serve one MCP client on stdin and stdout, with a micro-VM for its foreground.",
    footer = {
      "",
      "The VM is made by the first tool call and is gone with the foreground. --timeout is what a",
      "call may take when it asks for no other limit. Stdout carries the protocol only.",
      "",
      "Examples:",
      "  ironclaw mcp stdio",
      "  claude mcp add ironclaw -- ironclaw mcp stdio --memory 512m",
      "  ironclaw test-mcp -- ironclaw mcp stdio"
    })
final class McpStdioCommand implements Callable<Integer> {
  private final Context context;

  @Mixin private final VmOptions vm = new VmOptions();
  @Mixin private final Common common = new Common();

  @Option(
      names = "--guest-seccomp",
      paramLabel = "LEVEL",
      converter = Amounts.GuestFilter.class,
      description = "Which system calls commands may make: minimal, basic or off (basic).")
  private GuestSeccomp seccomp = GuestSeccomp.BASIC;

  McpStdioCommand(Context context) {
    this.context = context;
  }

  /** What the launcher has read of stdin while IronClaw was being built, and the rest. */
  private InputStream input() throws HostException {
    var held = context.variable("IRONCLAW_MCP_HELD").map(Path::of);
    if (held.isEmpty()) {
      return context.stdin();
    }
    try {
      var first = new ByteArrayInputStream(Files.readAllBytes(held.get()));
      Files.delete(held.get());
      return new SequenceInputStream(first, context.stdin());
    } catch (IOException e) {
      throw new HostException(
          held.get() + " can't be read: " + e.getMessage() + "; start the server again", e);
    }
  }

  private McpStdioServer.Description description() {
    var isolation =
        Isolation.known(context.settings())
            .map(known ->
                "VMs are emulated here"
                    + known.downgrade().map(why -> " (" + why + ")").orElse("")
                    + ": no hardware boundary.");
    return new McpStdioServer.Description(
        Commands.version(), isolation, context.variable("IRONCLAW_MCP_INITIALIZED"));
  }

  /** Who the client has said it is, if it was answered before this process began. */
  private Optional<Event> client() {
    return context
        .variable("IRONCLAW_MCP_CLIENT")
        .map(name ->
            new Event.ClientNamed(
                word(name), word(context.variable("IRONCLAW_MCP_CLIENT_VERSION").orElse(""))));
  }

  /** As it stood in the message, in quotes. */
  private static String word(String json) {
    return Printable.line(json.startsWith("\"") ? json.replace("\"", "") : json);
  }

  @Override
  public Integer call() throws IronClawException, InterruptedException {
    common.apply(context);
    // What is wrong with the options shows now and not at the first call. Each VM gets a spec of
    // its own: without --id, its name is new.
    context
        .messages()
        .detail("VMs of this session: " + vm.spec(context.settings(), Limits.DEFAULT.time()));
    try (var foreground = new Foreground(context, vm.settings(context))) {
      var ironClaw = foreground.shared();
      client().ifPresent(ironClaw.events()::publish);
      McpStdioServer.serve(
          new Session(
              () -> ironClaw.open(vm.spec(context.settings(), Limits.DEFAULT.time())),
              List.of(new EventInterceptor(ironClaw.events()))),
          seccomp,
          description(),
          new McpStdioServer.Witness(ironClaw.audit(), ironClaw.events()),
          input(),
          context.stdout());
      return foreground.endedBy() == 0 ? ExitStatus.OK : ExitStatus.ofSignal(foreground.endedBy());
    }
  }
}
