package io.ironclaw.cli;

import io.ironclaw.host.IronClawException;
import io.ironclaw.mcp.McpStdioServer;
import io.ironclaw.vm.VmConfig;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ironclaw mcp stdio}: an MCP server for the program that started us. */
@Command(
    name = "stdio",
    description = "Serve one MCP client on stdin and stdout, with a micro-VM for its session.",
    footer = {
      "",
      "The VM is made by the first tool call and is gone with the session. --timeout is what a",
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

  McpStdioCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IronClawException, InterruptedException {
    common.apply(context);
    // What is wrong with the options shows now and not at the first call. Each VM gets a spec of
    // its own: without --id, its name is new.
    context
        .messages()
        .detail("VMs of this session: " + vm.spec(VmConfig.DEFAULT.timeout()).config());
    try (var session = new Session(context)) {
      var ironClaw = session.shared();
      McpStdioServer.serve(
          () -> ironClaw.open(vm.spec(VmConfig.DEFAULT.timeout())),
          Commands.version(),
          context.stdin(),
          context.stdout());
      return session.endedBy() == 0 ? ExitStatus.OK : ExitStatus.ofSignal(session.endedBy());
    }
  }
}
