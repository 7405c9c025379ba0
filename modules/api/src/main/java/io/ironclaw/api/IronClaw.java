package io.ironclaw.api;

/**
 * The entry point for programs: opens sandboxes. One instance for a process is enough; safe for
 * many threads. Closing it closes every sandbox that is still open.
 */
public interface IronClaw extends AutoCloseable {
  /** Opens a sandbox of the defaults, with a name of its own. */
  default Sandbox open() throws IronClawException {
    return open(SandboxSpec.fresh());
  }

  /** Opens a sandbox: a clone of a template, or a cold boot where no template can be had. */
  Sandbox open(SandboxSpec spec) throws IronClawException;

  /**
   * What happens in it, from images being made to sandboxes being closed. Adapters publish here
   * what happens in them.
   */
  EventBus events();

  /** What was entered in the audit of this process. */
  default AuditTrail audit() {
    return AuditTrail.none();
  }

  @Override
  void close();
}
