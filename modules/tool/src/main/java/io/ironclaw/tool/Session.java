package io.ironclaw.tool;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.VmDiedException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Calls of tools that share one sandbox: it is opened by the first call, replaced after its VM's
 * death, closed with the session. It is opened on a thread of its own, so whoever waits for it can
 * be cancelled, and closing the session never waits for it. Safe for many threads.
 */
public final class Session implements AutoCloseable {
  private static final long TICK_MILLIS = 1_000;

  /** Opens the sandbox of a session when it is first needed. */
  @FunctionalInterface
  public interface Opener {
    Sandbox open() throws IronClawException;
  }

  private final Opener opener;
  private final Chain chain;
  private Optional<CompletableFuture<Sandbox>> current = Optional.empty();
  private Optional<Thread> opening = Optional.empty();
  private boolean lost;
  private boolean untold;
  private boolean closed;

  /**
   * @param interceptors every call goes through, the first one outermost
   */
  public Session(Opener opener, List<Interceptor> interceptors) {
    this.opener = opener;
    this.chain = new Chain(interceptors);
  }

  /**
   * A session in a sandbox that is open already.
   *
   * @param interceptors every call goes through, the first one outermost
   */
  public static Session over(Sandbox sandbox, List<Interceptor> interceptors) {
    var session =
        new Session(
            () -> {
              throw new VmDiedException("VM " + sandbox.id() + " is gone");
            },
            interceptors);
    session.current = Optional.of(CompletableFuture.completedFuture(sandbox));
    session.untold = true;
    return session;
  }

  /** Whether a call has the VM for the first time, and whether it stands in for one that died. */
  public enum Age {
    USED,
    NEW,
    REPLACEMENT
  }

  /**
   * What came of a call.
   *
   * @param result what it gave
   * @param sandbox that it ran in
   * @param age of that sandbox for this call
   */
  public record Done<R>(R result, Sandbox sandbox, Age age) {}

  private record Lease(Sandbox sandbox, Age age) {}

  /**
   * Makes a call; an interrupt of this thread cancels it.
   *
   * @param progress told while the sandbox is made
   * @throws VmDiedException if the VM died; the next call gets another
   */
  public <R> Done<R> call(ToolCall<R> call, Progress progress)
      throws IronClawException, IOException, InterruptedException {
    var lease = acquire(progress);
    try {
      return new Done<>(chain.run(call, lease.sandbox()), lease.sandbox(), lease.age());
    } catch (VmDiedException e) {
      died(lease.sandbox());
      throw e;
    }
  }

  private Lease acquire(Progress progress) throws IronClawException, InterruptedException {
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
      opening = Optional.of(Thread.ofVirtual().name("session-open").start(() -> open(future)));
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

  private static Sandbox await(CompletableFuture<Sandbox> future, Progress progress)
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
  private void died(Sandbox sandbox) {
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
