package io.ironclaw.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** The MCP server's {@code exec}, each call next to an exec without MCP. For one thread. */
final class McpProbe implements AutoCloseable {
  private static final int WARM_UPS = 100;
  private static final int CALLS = 10;

  private final Optional<Path> launcher;
  private final ExecProbes exec;
  private Optional<McpClient> client = Optional.empty();

  McpProbe(Optional<Path> launcher, ExecProbes exec) {
    this.launcher = launcher;
    this.exec = exec;
  }

  Probe probe() {
    return new Probe("exec by MCP", WARM_UPS, CALLS, 1, this::call);
  }

  private void call(Results results) throws Exception {
    var mcp = client();
    double without = exec.exec();
    double with = mcp.exec();
    results.add("mcp_call_ms", with);
    results.add("mcp_exec_ms", with - without);
  }

  /** The server; its first call makes its VM, and is not measured. */
  private McpClient client() throws IOException {
    if (client.isEmpty()) {
      var fresh = McpClient.start(launcher.orElseThrow());
      try {
        fresh.exec();
      } catch (IOException e) {
        fresh.close();
        throw e;
      }
      client = Optional.of(fresh);
    }
    return client.get();
  }

  @Override
  public void close() throws IOException {
    if (client.isPresent()) {
      client.get().close();
    }
  }
}
