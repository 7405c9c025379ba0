package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;

/**
 * Starts child processes that the kernel kills when we die, however we die.
 *
 * <p>The kernel sends a parent-death signal when the <em>thread</em> that started the child ends
 * (prctl(2), PR_SET_PDEATHSIG). So all children are started by one thread, which lives as long as
 * this spawner: closing it kills them all. What may still slip through is a child whose parent died
 * between fork and prctl; a child must therefore connect to its parent before it does anything, and
 * end when nobody listens.
 */
public final class Spawner implements AutoCloseable {
  /**
   * In a session of its own: keys of the terminal (Ctrl-C, Ctrl-Z) are for the command in the
   * guest, not for its hypervisor. Both programs are of util-linux; without a PATH in the
   * environment, the second is found in /bin and /usr/bin (execvp(3)).
   */
  private static final List<String> ALONE_AND_WITH_PARENT =
      List.of("setsid", "setpriv", "--pdeathsig", "KILL");

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("ironclaw-spawner").factory());

  private final Set<Process> children = ConcurrentHashMap.newKeySet();

  /** What to start. Stdout and stderr are one pipe; stdin is a file or nothing. */
  public record Command(List<String> argv, Map<String, String> env, ProcessBuilder.Redirect stdin) {
    public Command {
      argv = List.copyOf(argv);
      env = Map.copyOf(env);
    }
  }

  /**
   * Starts a command with exactly the given environment.
   *
   * @throws HostException if the program can't be started
   */
  public Process start(Command command) throws HostException {
    Future<Process> started;
    try {
      started = submit(command);
    } catch (RejectedExecutionException e) {
      throw new HostException(
          "can't start " + command.argv().getFirst() + ": IronClaw is closed", e);
    }
    try {
      return started.get();
    } catch (ExecutionException e) {
      throw new HostException("can't start " + command.argv().getFirst() + ": " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      endLater(started);
      throw new HostException("interrupted while starting " + command.argv().getFirst(), e);
    }
  }

  private Future<Process> submit(Command command) {
    Callable<Process> start = () -> launch(command);
    return thread.submit(start);
  }

  /** A child that nobody wants any more ends as soon as it has begun. */
  private void endLater(Future<Process> started) {
    try {
      Callable<Process> end = () -> started.get().destroyForcibly();
      var _ = thread.submit(end);
    } catch (RejectedExecutionException _) {
      // Closed meanwhile, which ends every child.
    }
  }

  private Process launch(Command command) throws IOException {
    children.removeIf(child -> !child.isAlive());
    var argv = new ArrayList<>(ALONE_AND_WITH_PARENT);
    argv.addAll(command.argv());
    var builder = new ProcessBuilder(argv).redirectErrorStream(true).redirectInput(command.stdin());
    builder.environment().clear();
    builder.environment().putAll(command.env());
    var child = builder.start();
    children.add(child);
    return child;
  }

  /** Ends every child that still runs. */
  @Override
  public void close() {
    // The thread's end alone would miss a child that has not asked for the signal yet.
    thread.close();
    children.forEach(Process::destroyForcibly);
  }
}
