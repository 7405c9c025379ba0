package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Printable;
import io.ironclaw.mcp.McpPeerException;
import io.ironclaw.mcp.McpProbe;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ironclaw test-mcp}: a client that tries out an MCP server. */
@Command(
    name = "test-mcp",
    description = "Start any MCP server on this host, shake hands, list its tools, and call one.",
    footer = {
      "",
      "Exit status: 0 when all of it worked, 1 when the server failed or the call was an error.",
      "",
      "Examples:",
      "  ironclaw test-mcp -- ironclaw mcp stdio",
      "  ironclaw test-mcp --call exec --args '{\"command\":\"uname -a\"}' -- ironclaw mcp stdio"
    })
final class TestMcpCommand implements Callable<Integer> {
  private static final int MOST_DESCRIPTION = 100;

  private final Context context;

  @Mixin private final Common common = new Common();

  @Option(names = "--call", paramLabel = "TOOL", description = "Call this tool.")
  private @Nullable String tool;

  @Option(
      names = "--args",
      paramLabel = "JSON",
      description = "The call's arguments, a JSON object ({}).")
  private @Nullable String arguments;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = Amounts.Time.class,
      description = "How long each answer may take (60s).")
  private Duration timeout = Duration.ofSeconds(60);

  @Option(names = "--json", description = "One JSON object on stdout.")
  private boolean json;

  @Parameters(arity = "1..*", paramLabel = "CMD", description = "The server and its arguments.")
  private List<String> command = List.of();

  TestMcpCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IronClawException, InterruptedException {
    common.apply(context);
    if (arguments != null && tool == null) {
      throw new IllegalArgumentException("--args is for a call: name the tool with --call");
    }
    if (timeout.isZero()) {
      throw new IllegalArgumentException("--timeout 0: no server can answer in no time");
    }
    Optional<McpProbe.ToolCall> call =
        Optional.ofNullable(tool)
            .map(name -> new McpProbe.ToolCall(name, arguments != null ? arguments : "{}"));
    McpProbe.Report report;
    try {
      report = new McpProbe(context.env()).run(command, call, timeout);
    } catch (McpPeerException e) {
      if (json) {
        Json.print(context.stdout(), object -> Json.error(object, e, ExitStatus.FAILED));
      }
      context.messages().error(e);
      return ExitStatus.FAILED;
    }
    if (json) {
      printJson(report);
    } else {
      print(report);
    }
    boolean failed = report.call().map(McpProbe.CallReport::isError).orElse(false);
    return failed ? ExitStatus.FAILED : ExitStatus.OK;
  }

  private void print(McpProbe.Report report) throws HostException {
    var text = new StringBuilder();
    text.append(Printable.of(report.serverName()))
        .append(' ')
        .append(Printable.of(report.serverVersion()))
        .append(", protocol ")
        .append(Printable.of(report.protocolVersion()))
        .append('\n');
    for (var step : report.steps()) {
      text.append("  ").append(Printable.of(step.name())).append(": ");
      text.append(SpawnText.time(step.took())).append('\n');
    }
    text.append(report.tools().size()).append(report.tools().size() == 1 ? " tool" : " tools");
    text.append(":\n");
    for (var found : report.tools()) {
      text.append("  ").append(Printable.of(found.name()));
      text.append('(').append(Printable.of(String.join(", ", found.arguments()))).append(')');
      text.append("  ").append(firstLine(found.description())).append('\n');
    }
    report
        .call()
        .ifPresent(result -> {
          text.append(result.isError() ? "the call gave an error:\n  " : "the call gave:\n  ");
          text.append(Messages.indented(result.text())).append('\n');
        });
    context.print(text.toString());
  }

  private static String firstLine(String description) {
    String line = description.lines().findFirst().orElse("");
    return Printable.of(
        line.length() > MOST_DESCRIPTION ? line.substring(0, MOST_DESCRIPTION) + "..." : line);
  }

  private void printJson(McpProbe.Report report) throws HostException {
    Json.print(
        context.stdout(),
        object -> {
          object.writeStringProperty("server", report.serverName());
          object.writeStringProperty("server_version", report.serverVersion());
          object.writeStringProperty("protocol", report.protocolVersion());
          object.writeArrayPropertyStart("tools");
          for (var found : report.tools()) {
            object.writeStartObject();
            object.writeStringProperty("name", found.name());
            object.writeStringProperty("description", found.description());
            object.writeArrayPropertyStart("arguments");
            found.arguments().forEach(object::writeString);
            object.writeEndArray();
            object.writeEndObject();
          }
          object.writeEndArray();
          report
              .call()
              .ifPresent(result -> {
                object.writeObjectPropertyStart("call");
                object.writeStringProperty("text", result.text());
                object.writeBooleanProperty("is_error", result.isError());
                object.writeEndObject();
              });
          object.writeArrayPropertyStart("steps");
          for (var step : report.steps()) {
            object.writeStartObject();
            object.writeStringProperty("name", step.name());
            Json.millis(object, "ms", step.took());
            object.writeEndObject();
          }
          object.writeEndArray();
        });
  }
}
