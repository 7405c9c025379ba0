package io.ironclaw.cli;

import io.ironclaw.api.Event;
import io.ironclaw.api.Execution;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClaw;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.Subscription;
import io.ironclaw.sandbox.Settings;
import io.ironclaw.tool.EventInterceptor;
import io.ironclaw.tool.Progress;
import io.ironclaw.tool.Session;
import io.ironclaw.tool.ToolCall;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One sandbox for as long as a command lasts. However that ends, by itself, by an error or by a
 * signal, the terminal is restored and the VM is closed before the process ends.
 *
 * <p>Signals are the command's, as they would be without a VM: the first INT and every QUIT go to
 * it; TERM and HUP do and it has {@link #GRACE} to end; TSTP stops it and this process, until both
 * are continued. A second INT, TERM or HUP ends the VM, and so does the first while no command
 * runs.
 */
final class Foreground implements AutoCloseable {
  /** How long a signal waits for a VM that is just being made. */
  private static final long PATIENCE_SECONDS = 3;

  /** What a command has to end by itself after TERM or HUP. */
  static final Duration GRACE = Duration.ofSeconds(5);

  private static final Duration NOTICES = Duration.ofSeconds(1);

  private final Context context;
  private final Thread owner = Thread.currentThread();
  private final AtomicInteger endedBy = new AtomicInteger();
  private final CountDownLatch made = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicBoolean closing = new AtomicBoolean();
  private final AtomicReference<Receiver> receiver = new AtomicReference<>(_ -> false);
  private final Set<Integer> passedOn = ConcurrentHashMap.newKeySet();
  private final AtomicReference<Runnable> restore = new AtomicReference<>(() -> {});
  private final IronClaw ironClaw;
  private final Subscription notices;
  private volatile @Nullable Sandbox sandbox;

  /** Who signals are for; false = it took it not. */
  @FunctionalInterface
  interface Receiver {
    boolean took(int signal);

    /** A command in a guest. */
    static Receiver of(Execution execution) {
      return signal -> {
        try {
          execution.signal(signal);
          return true;
        } catch (IronClawException _) {
          // The command can't be reached any more: end the VM.
          return false;
        }
      };
    }
  }

  Foreground(Context context, Settings settings) throws HostException {
    this.context = context;
    HostLimits.check();
    this.ironClaw = context.starter().start(settings);
    this.notices =
        ironClaw
            .events()
            .subscribe(Event.Notice.class, notice -> context.messages().say(notice.text()));
    var signals = context.signals();
    signals.handle("INT", () -> got(ExitStatus.SIGINT));
    signals.handle("TERM", () -> got(ExitStatus.SIGTERM));
    signals.handle("HUP", () -> got(ExitStatus.SIGHUP));
    signals.handle("QUIT", () -> quit());
    signals.handle("TSTP", this::stop);
    signals.listen();
  }

  /** The IronClaw itself, for a command that makes VMs when they are needed, on any thread. */
  IronClaw shared() {
    made.countDown();
    return ironClaw;
  }

  /** Makes the VM. To be called once, by the thread that made the session. */
  Sandbox open(SandboxSpec spec) throws IronClawException, InterruptedException {
    try {
      context.timing().mark(Timing.Mark.VM_REQUESTED);
      var opened = ironClaw.open(spec);
      sandbox = opened;
      // What was said of the start comes before what the command says.
      boolean _ = notices.drain(NOTICES);
      context.timing().mark(Timing.Mark.VM_READY);
      return opened;
    } finally {
      made.countDown();
    }
  }

  /** Makes a call of a tool in the VM that was opened; signals are for whoever it names. */
  <R> R call(ToolCall<R> call) throws IronClawException, InterruptedException {
    var open = sandbox;
    if (open == null) {
      throw new IllegalStateException("a call before the VM was opened");
    }
    var session = Session.over(open, List.of(new EventInterceptor(ironClaw.events())));
    try {
      return session.call(call, Progress.NONE).result();
    } catch (IOException e) {
      throw new HostException("the command's streams can't be used: " + e.getMessage(), e);
    }
  }

  /** From now on, signals are for {@code receiver}. */
  void onSignal(Receiver receiver) {
    this.receiver.set(receiver);
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
    if (endedBy.get() == 0 && passedOn.add(signal) && receiver.get().took(signal)) {
      if (signal != ExitStatus.SIGINT) {
        endAfterGrace(signal);
      }
      return;
    }
    end(signal);
  }

  private void endAfterGrace(int signal) {
    Thread.ofPlatform()
        .daemon()
        .name("ironclaw-grace")
        .start(() -> {
          try {
            if (!closed.await(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
              end(signal);
            }
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private void quit() {
    if (endedBy.get() != 0 || !receiver.get().took(ExitStatus.SIGQUIT)) {
      end(ExitStatus.SIGQUIT);
    }
  }

  /** As a shell's job: stopped together and continued together. */
  private void stop() {
    boolean stopped = receiver.get().took(ExitStatus.SIGTSTP);
    context.signals().stopProcess();
    if (stopped) {
      boolean _ = receiver.get().took(ExitStatus.SIGCONT);
    }
  }

  /** Ends the session and the process. */
  void end(int signal) {
    int status = ExitStatus.ofSignal(signal);
    context.messages().mute();
    if (!endedBy.compareAndSet(0, signal)) {
      // Asked once more while the end is on its way: no more patience. The kernel kills the VM.
      restore.get().run();
      context.halt().now(ExitStatus.ofSignal(endedBy.get()));
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
      notices.close();
      context.signals().close();
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
