package io.ironclaw.mcp;

import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;

/** Makes the VM of a session when it is first needed. */
@FunctionalInterface
public interface SandboxOpener {
  Sandbox open() throws IronClawException;
}
