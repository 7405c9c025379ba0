package io.ironclaw.mcp;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.VmDiedException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The one VM of a session: made by the first call, replaced after its death, closed with the
 * session. Calls at the same time share it. It is opened on a thread of its own, so whoever waits
 * for it can be cancelled, and closing the session never waits for it. Safe for many threads.
 */
final class SessionSandbox implements AutoCloseable {
  private static final long TICK_MILLIS = 1_000;

  private final SandboxOpener opener;
  private Optional<CompletableFuture<Sandbox>> current = Optional.empty();
  private Optional<Thread> opening = Optional.empty();
  private boolean lost;
  private boolean untold;
  private boolean closed;

  SessionSandbox(SandboxOpener opener) {
    this.opener = opener;
  }

  /** Whether a call has the VM for the first time, and whether it stands in for one that died. */
  enum Age {
    USED,
    NEW,
    REPLACEMENT
  }

  /** A VM for one call. */
  record Lease(Sandbox sandbox, Age age) {}

  Lease acquire(SandboxTool.Progress progress) throws IronClawException, InterruptedException {
    var opened = await(open(), progress);
    if (!opened.isOpen()) {
      // It died while nobody used it: this call gets the next one, and is told.
      died(opened);
      opened = await(open(), progress);
    }
    return new Lease(opened, age());
  }

  private synchronized Age age() {
    boolean first = untold;
    boolean replaces = lost;
    untold = false;
    lost = first ? false : lost;
    return first ? (replaces ? Age.REPLACEMENT : Age.NEW) : Age.USED;
  }

  private synchronized CompletableFuture<Sandbox> open() throws IronClawException {
    if (closed) {
      throw new VmDiedException("the session has ended, and its VM with it");
    }
    if (current.isEmpty() || current.get().isCompletedExceptionally()) {
      var future = new CompletableFuture<Sandbox>();
      current = Optional.of(future);
      untold = true;
      opening = Optional.of(Thread.ofVirtual().name("mcp-open").start(() -> open(future)));
    }
    return current.get();
  }

  private void open(CompletableFuture<Sandbox> future) {
    try {
      var sandbox = opener.open();
      if (!future.complete(sandbox)) {
        // The session was closed meanwhile.
        sandbox.close();
      }
    } catch (IronClawException | RuntimeException e) {
      // Whoever waits is told, and the next call tries again.
      future.completeExceptionally(e);
    }
  }

  private static Sandbox await(CompletableFuture<Sandbox> future, SandboxTool.Progress progress)
      throws IronClawException, InterruptedException {
    long begin = System.nanoTime();
    while (true) {
      try {
        return future.get(TICK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException _) {
        double seconds = (System.nanoTime() - begin) / 1e9;
        progress.report(
            seconds,
            "preparing the VM, %.0f s (the first of a kind takes longer)".formatted(seconds));
      } catch (ExecutionException e) {
        if (e.getCause() instanceof IronClawException failed) {
          throw failed;
        }
        throw new HostException("no VM could be made: " + e.getCause(), e);
      } catch (java.util.concurrent.CancellationException _) {
        throw new VmDiedException("the session has ended, and its VM with it");
      }
    }
  }

  /** The VM has died: the next call gets a fresh one. */
  void died(Sandbox sandbox) {
    synchronized (this) {
      boolean isCurrent =
          current.isPresent()
              && current.get().isDone()
              && !current.get().isCompletedExceptionally()
              && current.get().join().id().equals(sandbox.id());
      if (!isCurrent) {
        return;
      }
      current = Optional.empty();
      lost = true;
    }
    sandbox.close();
  }

  @Override
  public void close() {
    Optional<CompletableFuture<Sandbox>> ending;
    synchronized (this) {
      closed = true;
      ending = current;
      current = Optional.empty();
      opening.ifPresent(Thread::interrupt);
    }
    if (ending.isPresent()
        && !ending.get().cancel(false)
        && !ending.get().isCompletedExceptionally()) {
      ending.get().join().close();
    }
  }
}
