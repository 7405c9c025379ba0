package io.ironclaw.mcp;

import io.ironclaw.host.IronClawException;
import io.ironclaw.sandbox.Sandbox;

/** Makes the VM of a session when it is first needed. */
@FunctionalInterface
public interface SandboxOpener {
  Sandbox open() throws IronClawException;
}
