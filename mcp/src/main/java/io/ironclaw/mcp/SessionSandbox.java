package io.ironclaw.mcp;

import io.ironclaw.host.IronClawException;
import io.ironclaw.sandbox.Sandbox;
import io.ironclaw.vm.VmDiedException;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The one VM of a session: made by the first call, replaced after its death, closed with the
 * session. Calls at the same time share it. Safe for many threads.
 */
final class SessionSandbox implements AutoCloseable {
  private final SandboxOpener opener;
  private final ReentrantLock lock = new ReentrantLock();
  private Optional<Sandbox> current = Optional.empty();
  private boolean lost;
  private boolean closed;

  SessionSandbox(SandboxOpener opener) {
    this.opener = opener;
  }

  /** A VM for one call, and whether it stands in for one that died with all its files. */
  record Lease(Sandbox sandbox, boolean replacement) {}

  Lease acquire() throws IronClawException {
    lock.lock();
    try {
      if (closed) {
        throw new VmDiedException("the session has ended, and its VM with it");
      }
      boolean replacement = false;
      if (current.isEmpty()) {
        current = Optional.of(opener.open());
        replacement = lost;
        lost = false;
      }
      return new Lease(current.get(), replacement);
    } finally {
      lock.unlock();
    }
  }

  /** The VM has died: the next call gets a fresh one. */
  void died(Sandbox sandbox) {
    lock.lock();
    try {
      if (current.isPresent() && current.get().id().equals(sandbox.id())) {
        current = Optional.empty();
        lost = true;
      } else {
        return;
      }
    } finally {
      lock.unlock();
    }
    sandbox.close();
  }

  @Override
  public void close() {
    Optional<Sandbox> ending;
    lock.lock();
    try {
      closed = true;
      ending = current;
      current = Optional.empty();
    } finally {
      lock.unlock();
    }
    ending.ifPresent(Sandbox::close);
  }
}
