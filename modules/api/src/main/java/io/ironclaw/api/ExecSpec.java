package io.ironclaw.api;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A command to run in a sandbox.
 *
 * @param argv program and arguments, 1 to 4,000, and 60,000 bytes with the variables; a program
 *     without {@code /} is searched in PATH
 * @param env variables added to the guest's small default environment; nothing of the host's
 * @param cwd absolute folder in the guest; empty = the user's home
 * @param uid user and group id in the guest; 1000 is {@code user} in the default image
 * @param stdin whether stdin is connected; else it is {@code /dev/null}
 * @param terminal a pseudo-terminal of this size in place of pipes (stdout and stderr are one)
 * @param timeout the command and all it started are killed after this; 1 ms to 24 h; empty = the
 *     VM's own limit
 * @param seccomp which system calls it, and all it starts, may make
 * @param secrets which of the variables have values that are in no event and no log; each of at
 *     least {@link Secrets#SHORTEST} characters
 */
public record ExecSpec(
    List<String> argv,
    Map<String, String> env,
    Optional<String> cwd,
    int uid,
    boolean stdin,
    Optional<TerminalSize> terminal,
    Optional<Duration> timeout,
    GuestSeccomp seccomp,
    Set<String> secrets) {
  /** What reaches the guest in one message, less what the message itself and the defaults need. */
  public static final int MOST_BYTES = 60_000;

  /** Arguments, and variables. */
  public static final int MOST_STRINGS = 4_000;

  private static final int MOST_PATH = 4_095;
  private static final Duration MIN_TIMEOUT = Duration.ofMillis(1);

  /**
   * @throws IllegalArgumentException if something is out of its bounds
   */
  public ExecSpec {
    argv = List.copyOf(argv);
    env = Map.copyOf(env);
    secrets = Set.copyOf(secrets);
    if (argv.isEmpty() || argv.getFirst().isEmpty()) {
      throw new IllegalArgumentException("no command given: name a program to run in the VM");
    }
    if (uid < 0) {
      throw new IllegalArgumentException("user id " + uid + ": use 0 to 2147483647");
    }
    cwd.ifPresent(ExecSpec::checkFolder);
    timeout.ifPresent(ExecSpec::checkTime);
    env.keySet().forEach(ExecSpec::checkName);
    checkSize(argv, env);
    for (String name : secrets) {
      String value = env.get(name);
      if (value == null || value.length() < Secrets.SHORTEST) {
        throw new IllegalArgumentException(
            "variable \"%s\" is secret, and has no value of at least %d characters: what is shorter can't be told from other text; pass it as a plain variable"
                .formatted(Printable.line(name), Secrets.SHORTEST));
      }
    }
  }

  /** One without secrets. */
  public ExecSpec(
      List<String> argv,
      Map<String, String> env,
      Optional<String> cwd,
      int uid,
      boolean stdin,
      Optional<TerminalSize> terminal,
      Optional<Duration> timeout,
      GuestSeccomp seccomp) {
    this(argv, env, cwd, uid, stdin, terminal, timeout, seccomp, Set.of());
  }

  /** One under the usual filter. */
  public ExecSpec(
      List<String> argv,
      Map<String, String> env,
      Optional<String> cwd,
      int uid,
      boolean stdin,
      Optional<TerminalSize> terminal,
      Optional<Duration> timeout) {
    this(argv, env, cwd, uid, stdin, terminal, timeout, GuestSeccomp.BASIC);
  }

  private static void checkFolder(String cwd) {
    if (!cwd.startsWith("/")
        || cwd.getBytes(StandardCharsets.UTF_8).length > MOST_PATH
        || cwd.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "folder \"" + Printable.line(cwd) + "\": use an absolute path of at most 4095 bytes");
    }
  }

  private static void checkTime(Duration timeout) {
    if (timeout.compareTo(MIN_TIMEOUT) < 0 || timeout.compareTo(Limits.MAX_TIME) > 0) {
      throw new IllegalArgumentException(
          "time limit of " + timeout.toMillis() + " ms: use 1 ms to 24 h");
    }
  }

  private static void checkName(String name) {
    if (name.isEmpty() || name.indexOf('=') >= 0) {
      throw new IllegalArgumentException(
          "variable \"" + Printable.line(name) + "\": a name is not empty and has no =");
    }
  }

  private static void checkSize(List<String> argv, Map<String, String> env) {
    long bytes = 0;
    for (String text : argv) {
      bytes += checked(text);
    }
    for (var variable : env.entrySet()) {
      bytes += checked(variable.getKey()) + 1 + checked(variable.getValue());
    }
    if (bytes > MOST_BYTES || argv.size() > MOST_STRINGS || env.size() > MOST_STRINGS) {
      throw new IllegalArgumentException(
          "%d bytes in %d arguments and %d variables: at most %d bytes and %d of each fit; pass more"
                  .formatted(bytes, argv.size(), env.size(), MOST_BYTES, MOST_STRINGS)
              + " through stdin or a file");
    }
  }

  private static int checked(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "an argument or variable holds a NUL character: remove it");
    }
    // Each has its length before it on the way to the guest.
    return text.getBytes(StandardCharsets.UTF_8).length + Integer.BYTES;
  }

  /** The command with nothing special: root, pipes, no stdin, the VM's time limit. */
  public static ExecSpec of(String... argv) {
    return of(List.of(argv));
  }

  /** The same of a list. */
  public static ExecSpec of(List<String> argv) {
    return new ExecSpec(
        argv, Map.of(), Optional.empty(), 0, false, Optional.empty(), Optional.empty());
  }

  /** The same command with a variable more. */
  public ExecSpec withEnv(String name, String value) {
    var more = new LinkedHashMap<>(env);
    more.put(name, value);
    return new ExecSpec(argv, more, cwd, uid, stdin, terminal, timeout, seccomp, secrets);
  }

  /** The same command with these variables and no others. */
  public ExecSpec withEnv(Map<String, String> variables) {
    return new ExecSpec(argv, variables, cwd, uid, stdin, terminal, timeout, seccomp, Set.of());
  }

  /** The same command with a variable more, whose value is in no event and no log. */
  public ExecSpec withSecret(String name, String value) {
    var more = new LinkedHashMap<>(env);
    more.put(name, value);
    var names = new HashSet<>(secrets);
    names.add(name);
    return new ExecSpec(argv, more, cwd, uid, stdin, terminal, timeout, seccomp, names);
  }

  /** The same command in another folder. */
  public ExecSpec withCwd(String folder) {
    return new ExecSpec(
        argv, env, Optional.of(folder), uid, stdin, terminal, timeout, seccomp, secrets);
  }

  /** The same command as another user. */
  public ExecSpec withUid(int user) {
    return new ExecSpec(argv, env, cwd, user, stdin, terminal, timeout, seccomp, secrets);
  }

  /** The same command with stdin connected. */
  public ExecSpec withStdin() {
    return new ExecSpec(argv, env, cwd, uid, true, terminal, timeout, seccomp, secrets);
  }

  /** The same command on a terminal. */
  public ExecSpec withTerminal(TerminalSize size) {
    return new ExecSpec(argv, env, cwd, uid, stdin, Optional.of(size), timeout, seccomp, secrets);
  }

  /** The same command with a time limit of its own. */
  public ExecSpec withTimeout(Duration limit) {
    return new ExecSpec(argv, env, cwd, uid, stdin, terminal, Optional.of(limit), seccomp, secrets);
  }

  /** The same command under another filter. */
  public ExecSpec withSeccomp(GuestSeccomp level) {
    return new ExecSpec(argv, env, cwd, uid, stdin, terminal, timeout, level, secrets);
  }
}
