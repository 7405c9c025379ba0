package io.ironclaw.mcp;

import io.ironclaw.host.IronClawException;
import io.ironclaw.sandbox.Sandbox;

/** Opens the VM of an MCP session: at the first tool call, and again when that VM has died. */
@FunctionalInterface
public interface SandboxOpener {
  /** May take long (a first image is built); is called on a thread of its own. */
  Sandbox open() throws IronClawException;
}
