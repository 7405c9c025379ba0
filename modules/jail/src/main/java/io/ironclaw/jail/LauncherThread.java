package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The one thread that starts a launcher's processes, and lives as long as the launcher.
 *
 * <p>The kernel sends a parent-death signal when the <em>thread</em> that started the child ends
 * (prctl(2), PR_SET_PDEATHSIG): so it kills all of them when we die, however we die. A child whose
 * parent died before it had asked for that signal finds that it has another parent, and ends.
 */
final class LauncherThread implements AutoCloseable {
  /**
   * Looks whether its parent still lives, sets what the kernel keeps for the program, gives it its
   * descriptors, 3 is its output, 4 a file, and joins its control groups. The shell's own variables
   * are not in the plan's environment.
   */
  private static final String SCRIPT =
      "[ \"$PPID\" = \"$1\" ] && ulimit -n \"$2\" && ulimit -c \"$3\" && ulimit -f \"$4\" && ulimit"
          + " -d \"$5\" && exec 3>&1 4<\"$6\" || exit 1\n"
          + "groups=$7; shift 7\n"
          + "while [ $groups -gt 0 ]; do echo 0 >\"$1\" || exit 1; shift; groups=$((groups - 1));"
          + " done\n"
          + "unset PWD OLDPWD SHLVL; exec \"$@\"";

  /**
   * Dies with us, and is in a session of its own: keys of the terminal (Ctrl-C, Ctrl-Z) are for the
   * command in the guest, not for its hypervisor. Without a PATH in the environment, programs are
   * found in /bin and /usr/bin (execvp(3)).
   */
  private static final List<String> BEGIN =
      List.of("setpriv", "--pdeathsig", "KILL", "setsid", "/bin/sh", "-c", SCRIPT, "launch");

  private static final Path NOTHING = Path.of("/dev/null");

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("ironclaw-launcher").factory());

  private static final long PATIENCE_SECONDS = 5;

  /** Each with what is done after its end. */
  private final Map<Process, CompletableFuture<Void>> children = new ConcurrentHashMap<>();

  /** What a launcher does in this thread. */
  @FunctionalInterface
  interface Start {
    Launched now() throws IOException, HostException;
  }

  /** Runs a start in this thread; one that nobody waits for any more is killed. */
  Launched start(Path program, Start start) throws HostException {
    Callable<Launched> task = start::now;
    java.util.concurrent.Future<Launched> started;
    try {
      started = thread.submit(task);
    } catch (RejectedExecutionException e) {
      throw new HostException("can't start " + program + ": IronClaw is closed", e);
    }
    try {
      return started.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof HostException told
          ? told
          : new HostException("can't start " + program + ": " + reason(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      later(() -> started.get().kill());
      throw new HostException("interrupted while starting " + program, e);
    }
  }

  private static String reason(ExecutionException e) {
    return e.getCause() instanceof IOException io ? PrivateDir.reason(io) : e.toString();
  }

  /** What is to be done in this thread. */
  @FunctionalInterface
  interface Task {
    void run() throws IOException, ExecutionException, InterruptedException;
  }

  /** Does it as soon as it can; never, if this is closed: all ends with the thread. */
  void later(Task task) {
    Callable<Boolean> call =
        () -> {
          task.run();
          return true;
        };
    try {
      var _ = thread.submit(call);
    } catch (RejectedExecutionException _) {
      // As said above.
    }
  }

  /** A process, and when nothing is left of it. */
  record Forked(Process process, CompletableFuture<Void> cleared) {}

  /**
   * Starts a process; for this thread.
   *
   * @param clearing done after its end, or if it can't be started
   * @param filter what its descriptor 4 reads; empty = {@code /dev/null}
   * @param group to be joined
   */
  Forked fork(
      ProcessPlan plan,
      Optional<Path> filter,
      ControlGroup group,
      Path directory,
      Map<String, String> environment,
      List<String> argv,
      Runnable clearing)
      throws IOException {
    var all = new ArrayList<>(BEGIN);
    all.addAll(opening(plan));
    all.add(filter.orElse(NOTHING).toString());
    all.addAll(joining(group));
    all.addAll(argv);
    return start(plan, all, directory, environment, clearing);
  }

  /**
   * Starts a process by {@code jail-init}, which does what the shell does, and more; for this
   * thread.
   *
   * @param init the program
   */
  Forked init(Path init, ProcessPlan plan, ControlGroup group, List<String> argv, Runnable clearing)
      throws IOException {
    var all = new ArrayList<>(List.of(init.toString()));
    all.addAll(opening(plan));
    all.addAll(joining(group));
    all.addAll(argv);
    return start(plan, all, Path.of("/"), Map.of(), clearing);
  }

  private static List<String> opening(ProcessPlan plan) {
    var words = new ArrayList<>(List.of("" + ProcessHandle.current().pid()));
    words.addAll(plan.limits().arguments());
    return words;
  }

  private static List<String> joining(ControlGroup group) {
    var words = new ArrayList<>(List.of("" + group.joins().size()));
    words.addAll(group.joins());
    return words;
  }

  private Forked start(
      ProcessPlan plan,
      List<String> all,
      Path directory,
      Map<String, String> environment,
      Runnable clearing)
      throws IOException {
    children.values().removeIf(CompletableFuture::isDone);
    var builder =
        new ProcessBuilder(all)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectInput(plan.stdin().orElse(NOTHING).toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    try {
      var child = builder.start();
      var cleared = child.onExit().thenRun(clearing);
      children.put(child, cleared);
      return new Forked(child, cleared);
    } catch (IOException e) {
      clearing.run();
      throw e;
    }
  }

  @Override
  public void close() {
    // The thread's end alone would miss a child that has not asked for the signal yet.
    thread.close();
    children.keySet().forEach(child -> child.toHandle().destroyForcibly());
    try {
      CompletableFuture.allOf(children.values().toArray(CompletableFuture[]::new))
          .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException _) {
      // The kernel ends them, and what is left then is cleared by the next start.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
