package io.ironclaw.mcp;

import io.ironclaw.host.IronClawException;
import io.ironclaw.host.Printable;
import io.ironclaw.vm.VmDiedException;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.schema.JsonSchemaValidator;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The MCP server on stdin and stdout: one client, one session, one VM. */
public final class McpStdioServer {
  private static final List<SandboxTool> TOOLS =
      List.of(
          new ExecTool(), new FileTools.Read(), new FileTools.Write(), new FileTools.ListFiles());

  private McpStdioServer() {}

  /**
   * Serves until the client closes its end; blocks. The session's VM is closed when it returns.
   *
   * @param out takes protocol bytes and nothing else
   */
  public static void serve(SandboxOpener opener, String version, InputStream in, OutputStream out) {
    var transport = new StdioTransport(McpJsonDefaults.getMapper(), in, out);
    try (var session = new SessionSandbox(opener)) {
      McpServer.sync(transport)
          .serverInfo("ironclaw", version)
          .instructions(
              "Commands run in a Linux VM made for this session alone: no network, no files of the"
                  + " host. Its files are gone when the session ends.")
          .capabilities(McpSchema.ServerCapabilities.builder().tools(false).build())
          .immediateExecution(true)
          .validateToolInputs(false)
          .jsonSchemaValidator(new TrustOwnOutput())
          .tools(TOOLS.stream().map(tool -> specification(tool, session)).toList())
          .build();
      transport.run();
      transport.cancelAll();
    }
  }

  private static SyncToolSpecification specification(SandboxTool tool, SessionSandbox session) {
    return SyncToolSpecification.builder()
        .tool(tool.definition())
        .callHandler((exchange, request) -> call(tool, session, exchange, request))
        .build();
  }

  private static McpSchema.CallToolResult call(
      SandboxTool tool,
      SessionSandbox session,
      McpSyncServerExchange exchange,
      McpSchema.CallToolRequest request) {
    try {
      var arguments = new Arguments(Optional.ofNullable(request.arguments()).orElse(Map.of()));
      var lease = session.acquire();
      try {
        var answer = tool.call(lease.sandbox(), arguments, progress(exchange, request));
        return success(answer, lease.replacement());
      } catch (VmDiedException e) {
        session.died(lease.sandbox());
        return failure(
            e.getMessage() + "\nThe next call gets a fresh VM; all files of this one are gone.");
      }
    } catch (Arguments.InvalidArgumentException | IronClawException | IOException e) {
      return failure(String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException e) {
      return failure(String.valueOf(e.getMessage()));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return failure("the call was interrupted");
    }
  }

  private static McpSchema.CallToolResult success(SandboxTool.Answer answer, boolean replacement) {
    String text =
        replacement
            ? "[a fresh VM: the one before died, and its files are gone]\n" + answer.text()
            : answer.text();
    return McpSchema.CallToolResult.builder()
        .addTextContent(text)
        .structuredContent(answer.data())
        .isError(false)
        .build();
  }

  private static McpSchema.CallToolResult failure(String message) {
    var lines = message.lines().map(Printable::of).toList();
    return McpSchema.CallToolResult.builder()
        .addTextContent(String.join("\n", lines))
        .isError(true)
        .build();
  }

  private static SandboxTool.Progress progress(
      McpSyncServerExchange exchange, McpSchema.CallToolRequest request) {
    Optional<Object> token =
        Optional.ofNullable(request.meta())
            .flatMap(meta -> Optional.ofNullable(meta.get("progressToken")));
    if (token.isEmpty()) {
      return (_, _) -> {};
    }
    return (amount, message) ->
        exchange.progressNotification(
            McpSchema.ProgressNotification.builder(token.get(), amount).message(message).build());
  }

  /**
   * Arguments are checked by the tools, and output is built to its schema: a test compares them.
   */
  private static final class TrustOwnOutput implements JsonSchemaValidator {
    @Override
    public ValidationResponse validate(Map<String, Object> schema, Object content) {
      return ValidationResponse.asValid("");
    }
  }
}
