package io.ironclaw.cli;

import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.Printable;
import io.ironclaw.api.TerminalSize;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how a command runs in its VM. */
final class CommandOptions {
  /** Kinds of terminals that the image knows, in Debian's ncurses-base. */
  private static final Set<String> TERMINALS =
      Set.of(
          "dumb",
          "linux",
          "rxvt",
          "screen",
          "screen-256color",
          "tmux",
          "tmux-256color",
          "vt100",
          "vt220",
          "xterm",
          "xterm-256color",
          "xterm-color",
          "xterm-mono");

  @Option(
      names = {"-e", "--env"},
      paramLabel = "NAME[=VALUE]",
      description = "Variable for the command; NAME alone passes this environment's. Repeatable.")
  private @Nullable List<String> env;

  @Option(
      names = "--secret",
      paramLabel = "NAME",
      description =
          "Variable for the command, of this environment, whose value is masked in the audit."
              + " Repeatable.")
  private @Nullable List<String> secrets;

  @Option(
      names = "--cwd",
      paramLabel = "DIR",
      description = "Folder in the VM (the user's home: /root, /home/user).")
  private @Nullable String cwd;

  @Option(
      names = "--user",
      paramLabel = "UID",
      description = "User and group id in the VM: 0 is root, 1000 is user (0).")
  private @Nullable Integer user;

  @Option(
      names = "--guest-seccomp",
      paramLabel = "LEVEL",
      converter = Amounts.GuestFilter.class,
      description = "Which system calls the command may make: minimal, basic or off (basic).")
  private @Nullable GuestSeccomp seccomp;

  /** As of {@link QuickArguments.Target#option}. */
  boolean quick(String name, String value) {
    switch (name) {
      case "-e", "--env" -> {
        if (env == null) {
          env = new ArrayList<>();
        }
        env.add(value);
      }
      case "--secret" -> {
        if (secrets == null) {
          secrets = new ArrayList<>();
        }
        secrets.add(value);
      }
      case "--cwd" -> {
        if (cwd != null) {
          return false;
        }
        cwd = value;
      }
      case "--guest-seccomp" -> {
        if (seccomp != null) {
          return false;
        }
        seccomp = Amounts.guestSeccomp(value);
      }
      case "--user" -> {
        if (user != null) {
          return false;
        }
        user = Integer.valueOf(value);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /**
   * The command to run.
   *
   * @throws IllegalArgumentException if something about it can't be
   */
  ExecSpec exec(List<String> argv, Map<String, String> hostEnv, Optional<TerminalSize> terminal) {
    int uid = user != null ? user : 0;
    if (uid < 0) {
      throw new IllegalArgumentException("--user " + uid + ": use a number from 0 to 2147483647");
    }
    if (cwd != null && !cwd.startsWith("/")) {
      throw new IllegalArgumentException(
          "--cwd \"" + Printable.of(cwd) + "\": use an absolute path, such as /tmp");
    }
    var variables = new LinkedHashMap<>(variables(hostEnv));
    addSecrets(hostEnv, variables);
    if (terminal.isPresent() && TERMINALS.contains(hostEnv.getOrDefault("TERM", ""))) {
      variables.putIfAbsent("TERM", String.valueOf(hostEnv.get("TERM")));
    }
    return new ExecSpec(
        argv,
        variables,
        Optional.ofNullable(cwd),
        uid,
        true,
        terminal,
        Optional.empty(),
        seccomp != null ? seccomp : GuestSeccomp.BASIC,
        secrets != null ? Set.copyOf(secrets) : Set.of());
  }

  /**
   * Values of this environment alone: on the command line, every process of this host sees them.
   */
  private void addSecrets(Map<String, String> hostEnv, Map<String, String> variables) {
    if (secrets == null) {
      return;
    }
    for (String name : secrets) {
      if (name.indexOf('=') >= 0) {
        throw new IllegalArgumentException(
            "--secret "
                + Printable.of(name.substring(0, name.indexOf('=')))
                + ": a value on the command line is seen by every process of this host; set the"
                + " variable here and give its name alone");
      }
      if (!hostEnv.containsKey(name)) {
        throw new IllegalArgumentException("--secret " + Printable.of(name) + ": not set here");
      }
      if (variables.containsKey(name)) {
        throw new IllegalArgumentException(
            "--secret " + Printable.of(name) + ": given with --env, too; leave one out");
      }
      variables.put(name, passed(name, String.valueOf(hostEnv.get(name))));
    }
  }

  private Map<String, String> variables(Map<String, String> hostEnv) {
    if (env == null) {
      return Map.of();
    }
    var variables = new LinkedHashMap<String, String>();
    for (String given : env) {
      int equals = given.indexOf('=');
      String name = equals < 0 ? given : given.substring(0, equals);
      if (name.isEmpty() || given.indexOf('\0') >= 0) {
        throw new IllegalArgumentException(
            "--env \"" + Printable.of(given) + "\": use NAME=VALUE, or NAME of a variable here");
      }
      if (equals >= 0) {
        variables.put(name, given.substring(equals + 1));
      } else if (hostEnv.containsKey(name)) {
        variables.put(name, passed(name, String.valueOf(hostEnv.get(name))));
      } else {
        throw new IllegalArgumentException(
            "--env " + Printable.of(name) + ": not set here; set it or use NAME=VALUE");
      }
    }
    return variables;
  }

  /** Java puts U+FFFD where bytes are no text: another value than the one that was meant. */
  private static String passed(String name, String value) {
    if (value.indexOf('\ufffd') >= 0) {
      throw new IllegalArgumentException(
          "--env " + Printable.of(name) + ": its value here is no UTF-8; give it as NAME=VALUE");
    }
    return value;
  }
}
