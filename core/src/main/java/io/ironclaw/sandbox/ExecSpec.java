package io.ironclaw.sandbox;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A command to run in a sandbox.
 *
 * @param argv program and arguments, 1 to 4,096; a program without {@code /} is searched in PATH
 * @param env variables added to the guest's small default environment; nothing of the host's
 * @param cwd absolute folder in the guest; empty = {@code /root}
 * @param uid user and group id in the guest
 * @param stdin whether stdin is connected; else it is {@code /dev/null}
 * @param terminal a pseudo-terminal of this size in place of pipes (stdout and stderr are one)
 * @param timeout the command and all it started are killed after this; empty = the VM's own limit
 */
public record ExecSpec(
    List<String> argv,
    Map<String, String> env,
    Optional<String> cwd,
    int uid,
    boolean stdin,
    Optional<TerminalSize> terminal,
    Optional<Duration> timeout) {
  public ExecSpec {
    argv = List.copyOf(argv);
    env = Map.copyOf(env);
    if (argv.isEmpty() || argv.getFirst().isEmpty()) {
      throw new IllegalArgumentException("no command given: name a program to run in the VM");
    }
  }

  /** The command with nothing special: root, pipes, no stdin, the VM's time limit. */
  public static ExecSpec of(String... argv) {
    return new ExecSpec(
        List.of(argv), Map.of(), Optional.empty(), 0, false, Optional.empty(), Optional.empty());
  }

  /** The same command with stdin connected. */
  public ExecSpec withStdin() {
    return new ExecSpec(argv, env, cwd, uid, true, terminal, timeout);
  }

  /** The same command with a time limit of its own. */
  public ExecSpec withTimeout(Duration limit) {
    return new ExecSpec(argv, env, cwd, uid, stdin, terminal, Optional.of(limit));
  }
}
