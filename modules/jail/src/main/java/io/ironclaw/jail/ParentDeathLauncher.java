package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;

/**
 * Starts processes that the kernel kills when we die, however we die. It confines them no further:
 * they have our rights, and what is granted is a link in their folder.
 *
 * <p>The kernel sends a parent-death signal when the <em>thread</em> that started the child ends
 * (prctl(2), PR_SET_PDEATHSIG). So all children are started by one thread, which lives as long as
 * this launcher: closing it kills them all. What may still slip through is a child whose parent
 * died between fork and prctl; a child must therefore connect to its parent before it does
 * anything, and end when nobody listens.
 */
public final class ParentDeathLauncher implements Launcher {
  /**
   * In a session of its own: keys of the terminal (Ctrl-C, Ctrl-Z) are for the command in the
   * guest, not for its hypervisor. All programs are of util-linux; without a PATH in the
   * environment, they are found in /bin and /usr/bin (execvp(3)).
   */
  private static final List<String> ALONE_AND_WITH_PARENT =
      List.of("setsid", "setpriv", "--pdeathsig", "KILL", "prlimit");

  private static final Path NOTHING = Path.of("/dev/null");

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("ironclaw-launcher").factory());

  private final Set<Process> children = ConcurrentHashMap.newKeySet();

  @Override
  public Launched launch(ProcessPlan plan) throws HostException {
    Future<Process> started;
    try {
      started = submit(plan);
    } catch (RejectedExecutionException e) {
      throw new HostException("can't start " + plan.program() + ": IronClaw is closed", e);
    }
    try {
      return new Launched(started.get());
    } catch (ExecutionException e) {
      throw new HostException("can't start " + plan.program() + ": " + reason(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      endLater(started);
      throw new HostException("interrupted while starting " + plan.program(), e);
    }
  }

  private static String reason(ExecutionException e) {
    return e.getCause() instanceof IOException io ? PrivateDir.reason(io) : e.toString();
  }

  private Future<Process> submit(ProcessPlan plan) {
    Callable<Process> start = () -> start(plan);
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

  private Process start(ProcessPlan plan) throws IOException {
    children.removeIf(child -> !child.isAlive());
    for (var grant : plan.grants()) {
      give(grant, plan.folder());
    }
    var argv = new ArrayList<>(ALONE_AND_WITH_PARENT);
    argv.add("--nofile=" + plan.limits().openFiles());
    argv.add("--core=" + plan.limits().coreBytes());
    argv.add(plan.program().toString());
    argv.addAll(plan.arguments());
    var builder =
        new ProcessBuilder(argv)
            .directory(plan.folder().toFile())
            .redirectErrorStream(true)
            .redirectInput(plan.stdin().orElse(NOTHING).toFile());
    builder.environment().clear();
    builder.environment().putAll(plan.environment());
    var child = builder.start();
    children.add(child);
    return child;
  }

  /** A start that is tried again finds the links of the one before. */
  private static void give(Grant grant, Path folder) throws IOException {
    switch (grant) {
      case Grant.ReadOnlyFile(String name, Path file) -> link(folder.resolve(name), file);
      case Grant.WritableFile(String name, Path file) -> {
        // A program that makes it itself would refuse to do so through a link.
        if (!Files.exists(file)) {
          Files.createFile(file);
        }
        link(folder.resolve(name), file);
      }
      case Grant.Socket _, Grant.Device _ -> {
        // They are where they are.
      }
    }
  }

  private static void link(Path link, Path file) throws IOException {
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, file.toAbsolutePath());
  }

  @Override
  public void close() {
    // The thread's end alone would miss a child that has not asked for the signal yet.
    thread.close();
    children.forEach(Process::destroyForcibly);
  }
}
