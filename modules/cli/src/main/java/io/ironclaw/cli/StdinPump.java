package io.ironclaw.cli;

import io.ironclaw.api.Execution;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.Semaphore;

/**
 * Passes stdin on to a command, on a daemon thread: nobody waits for a read that never returns.
 *
 * <p>Closing it interrupts that read, which ends stdin for this process. The JVM's end would wait
 * 300 ms for a thread that is in a system call (HotSpot, VM_Exit), even a daemon.
 */
final class StdinPump implements Runnable, AutoCloseable {
  private static final long PATIENCE_MILLIS = 100;

  private static final int BUFFER = 65_536;

  private final InputStream from;
  private final Execution execution;
  private final boolean fromTerminal;
  private final Semaphore continued = new Semaphore(0);
  private final Thread thread = Thread.ofPlatform().daemon().name("ironclaw-stdin").unstarted(this);

  private StdinPump(InputStream from, Execution execution, boolean fromTerminal) {
    this.from = from;
    this.execution = execution;
    this.fromTerminal = fromTerminal;
  }

  /**
   * Starts passing.
   *
   * @param from the process's stdin, or a filter around it; its reads end when interrupted
   * @param onContinue what else is to be done when the process comes back to the foreground
   */
  static StdinPump start(
      Context context, InputStream from, Execution execution, Runnable onContinue) {
    boolean fromTerminal = context.terminals().onStdin();
    var pump = new StdinPump(from, execution, fromTerminal);
    if (fromTerminal) {
      // A background job that reads its terminal is stopped. Ours is not, as TTIN is blocked: its
      // read just fails; back in the foreground it gets CONT.
      context
          .signals()
          .handle(
              "CONT",
              () -> {
                onContinue.run();
                pump.continued.release();
              });
    }
    pump.thread.start();
    return pump;
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(PATIENCE_MILLIS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void run() {
    var buffer = new byte[BUFFER];
    try (OutputStream to = execution.stdin()) {
      for (int n = read(buffer); n >= 0; n = read(buffer)) {
        to.write(buffer, 0, n);
        to.flush();
      }
    } catch (IOException _) {
      // The command has ended or has closed its stdin; what it does with that is its exit status.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private int read(byte[] buffer) throws InterruptedException {
    while (true) {
      try {
        return from.read(buffer);
      } catch (IOException _) {
        if (!fromTerminal) {
          // Closed by whoever started us, or a folder: there is no input.
          return -1;
        }
        continued.acquire();
      }
    }
  }
}
