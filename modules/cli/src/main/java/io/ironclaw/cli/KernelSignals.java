package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.host.IoThread;
import io.ironclaw.host.ffi.SignalQueue;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Signals as the kernel queues them. The launcher has blocked them before Java started, so none is
 * lost, whenever it comes, and none is acted on by anybody else.
 */
final class KernelSignals implements Signals {
  /** Numbers of x86-64 and aarch64 (signal(7)). TTIN is blocked too, and nobody has to know. */
  private static final Map<String, Integer> NUMBERS =
      Map.of(
          "HUP", ExitStatus.SIGHUP,
          "INT", ExitStatus.SIGINT,
          "QUIT", ExitStatus.SIGQUIT,
          "TERM", ExitStatus.SIGTERM,
          "CONT", ExitStatus.SIGCONT,
          "TSTP", ExitStatus.SIGTSTP,
          "WINCH", ExitStatus.SIGWINCH);

  private final Map<Integer, Runnable> handlers = new ConcurrentHashMap<>();
  private final CompletableFuture<SignalQueue> queue = new CompletableFuture<>();

  @Override
  public void handle(String name, Runnable handler) {
    handlers.put(
        Optional.ofNullable(NUMBERS.get(name))
            .orElseThrow(() -> new IllegalArgumentException("signal " + name)),
        handler);
  }

  /** On a thread of its own, as the first call into native code takes tens of milliseconds. */
  @Override
  public void listen() {
    IoThread.start("ironclaw-signals", this::run);
  }

  private void run() {
    try {
      var opened = SignalQueue.open(Set.copyOf(NUMBERS.values()));
      if (!queue.complete(opened)) {
        return;
      }
      for (int signal = opened.next(); signal != 0; signal = opened.next()) {
        Optional.ofNullable(handlers.get(signal)).ifPresent(Runnable::run);
      }
    } catch (HostException e) {
      queue.completeExceptionally(e);
    }
  }

  @Override
  public void stopProcess() {
    queue.join().stopProcess();
  }

  /** A thread that waits in a system call would hold up the JVM's end: see {@link IoThread}. */
  @Override
  public void close() {
    if (!queue.cancel(false) && !queue.isCompletedExceptionally()) {
      queue.join().close();
    }
  }
}
