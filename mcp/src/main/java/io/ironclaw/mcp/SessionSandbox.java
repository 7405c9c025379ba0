package io.ironclaw.mcp;

import io.ironclaw.host.IronClawException;
import io.ironclaw.sandbox.Sandbox;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The VM of one session: opened at the first use, shared by all calls, replaced when it has died,
 * closed at the end. Safe for many threads; calls that need it while it opens wait for one opening.
 */
final class SessionSandbox implements AutoCloseable {
  /**
   * The VM for one call.
   *
   * @param note what the caller has to know about it
   */
  record Lease(Sandbox sandbox, Optional<String> note) {}

  private final SandboxOpener opener;
  private final ReentrantLock lock = new ReentrantLock();
  private Optional<CompletableFuture<Sandbox>> current = Optional.empty();
  private Optional<String> note = Optional.empty();
  private boolean closed;

  SessionSandbox(SandboxOpener opener) {
    this.opener = opener;
  }

  /** The VM, opened if there is none. The first call after a VM's death gets a note that says so. */
  Lease acquire() throws IronClawException, InterruptedException {
    CompletableFuture<Sandbox> opening;
    lock.lock();
    try {
      if (closed) {
        throw new SessionEndedException();
      }
      if (current.isEmpty()) {
        var fresh = new CompletableFuture<Sandbox>();
        current = Optional.of(fresh);
        // A thread of its own: the call that was first can be cancelled, and others wait too.
        Thread.ofVirtual().name("mcp-open-vm").start(() -> open(fresh));
      }
      opening = current.get();
    } finally {
      lock.unlock();
    }
    try {
      return new Lease(opening.get(), takeNote());
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IronClawException known -> throw known;
        case RuntimeException bug -> throw bug;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  private Optional<String> takeNote() {
    lock.lock();
    try {
      var taken = note;
      note = Optional.empty();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private void open(CompletableFuture<Sandbox> opening) {
    try {
      var sandbox = opener.open();
      boolean late;
      lock.lock();
      try {
        late = closed;
        if (!late) {
          opening.complete(sandbox);
        }
      } finally {
        lock.unlock();
      }
      if (late) {
        sandbox.close();
        opening.completeExceptionally(new SessionEndedException());
      }
    } catch (IronClawException | RuntimeException e) {
      // Whatever it is goes to the calls that wait; the next call tries again.
      forget(opening, Optional.empty());
      opening.completeExceptionally(e);
    }
  }

  private boolean forget(CompletableFuture<Sandbox> opening, Optional<String> why) {
    lock.lock();
    try {
      if (current.isEmpty() || current.get() != opening) {
        return false;
      }
      current = Optional.empty();
      note = why;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Closes a VM that is of no use any more; the next call gets a new one and a note. */
  void lost(Sandbox sandbox) {
    Optional<CompletableFuture<Sandbox>> opened;
    lock.lock();
    try {
      opened = current.filter(c -> c.state() == CompletableFuture.State.SUCCESS);
    } finally {
      lock.unlock();
    }
    if (opened.isPresent() && opened.get().resultNow() == sandbox) {
      forget(
          opened.get(),
          Optional.of(
              "VM "
                  + sandbox.id()
                  + " had died; this call ran in a fresh VM, without the files and processes of"
                  + " the earlier one"));
    }
    sandbox.close();
  }

  /** Closes the VM, also one that is still being opened, and does not wait for the latter. */
  @Override
  public void close() {
    Optional<CompletableFuture<Sandbox>> last;
    lock.lock();
    try {
      closed = true;
      last = current.filter(c -> c.state() == CompletableFuture.State.SUCCESS);
      current = Optional.empty();
    } finally {
      lock.unlock();
    }
    last.ifPresent(opened -> opened.resultNow().close());
  }
}
