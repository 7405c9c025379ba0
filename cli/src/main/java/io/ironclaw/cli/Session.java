package io.ironclaw.cli;

import io.ironclaw.host.IronClawException;
import io.ironclaw.sandbox.IronClaw;
import io.ironclaw.sandbox.Sandbox;
import io.ironclaw.sandbox.SandboxSpec;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One sandbox for as long as a command lasts. However that ends, by itself, by an error or by a
 * signal (INT, TERM, HUP), the terminal is restored and the VM is closed before the process ends.
 */
final class Session implements AutoCloseable {
  /** How long a signal waits for a VM that is just being made. */
  private static final long PATIENCE_SECONDS = 3;

  private final Context context;
  private final Thread owner = Thread.currentThread();
  private final AtomicInteger endedBy = new AtomicInteger();
  private final CountDownLatch made = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicBoolean closing = new AtomicBoolean();
  private final AtomicReference<FirstSignal> firstSignal = new AtomicReference<>(_ -> false);
  private final AtomicReference<Runnable> restore = new AtomicReference<>(() -> {});
  private final IronClaw ironClaw;
  private final Thread listener;
  private volatile @Nullable Sandbox sandbox;

  /** Deals with a signal that came for the first time; false = the session must end. */
  @FunctionalInterface
  interface FirstSignal {
    boolean took(int signal);
  }

  Session(Context context) {
    this.context = context;
    this.ironClaw = context.starter().start(context.settings());
    // At once, because the next step takes a while: see JvmSignals.
    context.signals().onShutdown(this::shutDown);
    this.listener = Thread.ofPlatform().daemon().name("ironclaw-signals").start(this::listen);
  }

  private void listen() {
    context.signals().handle("INT", () -> got(ExitStatus.SIGINT));
    context.signals().handle("TERM", () -> got(ExitStatus.SIGTERM));
    context.signals().handle("HUP", () -> got(ExitStatus.SIGHUP));
  }

  /** The JVM ends by itself; all that can be said is that it was not the command's doing. */
  private void shutDown() {
    endedBy.compareAndSet(0, ExitStatus.SIGTERM);
    abandon();
  }

  /** The IronClaw itself, for a command that makes VMs when they are needed, on any thread. */
  IronClaw shared() throws InterruptedException {
    made.countDown();
    listener.join();
    return ironClaw;
  }

  /** Makes the VM. To be called once, by the thread that made the session. */
  Sandbox open(SandboxSpec spec) throws IronClawException, InterruptedException {
    try {
      context.timing().mark(Timing.Mark.VM_REQUESTED);
      var opened = ironClaw.open(spec);
      context.timing().mark(Timing.Mark.VM_READY);
      sandbox = opened;
      listener.join();
      return opened;
    } finally {
      made.countDown();
    }
  }

  /** Lets {@code handler} have the first signal; it may be set again, and each has one. */
  void onFirstSignal(FirstSignal handler) {
    firstSignal.set(handler);
  }

  /** What undoes a change to the terminal; it may run more than once. */
  void onEnd(Runnable undo) {
    restore.set(undo);
  }

  /** The signal that ends this session, 0 while there is none. */
  int endedBy() {
    return endedBy.get();
  }

  private void got(int signal) {
    if (endedBy.get() == 0 && firstSignal.getAndSet(_ -> false).took(signal)) {
      return;
    }
    end(signal);
  }

  /** Ends the session and the process. */
  void end(int signal) {
    int status = ExitStatus.ofSignal(signal);
    if (!endedBy.compareAndSet(0, signal)) {
      // Asked once more while the end is on its way: no more patience. The kernel kills the VM.
      restore.get().run();
      context.halt().now(status);
      return;
    }
    abandon();
    context.halt().now(status);
  }

  /** Closes the VM, however far it is. */
  private void abandon() {
    restore.get().run();
    try {
      if (made.getCount() > 0) {
        owner.interrupt();
        if (!made.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          context.messages().detail("the VM that was being made was left to the system");
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    close();
  }

  /** Closes the VM, once; a second caller waits for the first. */
  @Override
  public void close() {
    made.countDown();
    if (!closing.compareAndSet(false, true)) {
      awaitClosed();
      return;
    }
    try {
      // An interrupt was for what this thread did before; it must not disturb the clean-up.
      boolean _ = Thread.interrupted();
      restore.get().run();
      var open = sandbox;
      if (open != null) {
        open.close();
      }
      ironClaw.close();
      context.timing().mark(Timing.Mark.CLEANED_UP);
    } finally {
      closed.countDown();
    }
  }

  private void awaitClosed() {
    try {
      if (!closed.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        context.messages().detail("the VM is still being closed");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
