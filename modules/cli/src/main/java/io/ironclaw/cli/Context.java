package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClaw;
import io.ironclaw.sandbox.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * What a command uses of its process; tests bring their own.
 *
 * @param stdin not buffered: what is read ahead would be lost to nobody
 * @param stdout not buffered
 * @param terminals the user's terminal, where there is one
 * @param starter makes the IronClaw
 * @param halt ends the process at once with a status
 */
record Context(
    Map<String, String> env,
    InputStream stdin,
    OutputStream stdout,
    Messages messages,
    Terminals terminals,
    Signals signals,
    Starter starter,
    Timing timing,
    Halt halt) {

  /** Starts IronClaw on this host. */
  @FunctionalInterface
  interface Starter {
    IronClaw start(Settings settings);
  }

  /** The end of the process. */
  @FunctionalInterface
  interface Halt {
    void now(int status);
  }

  Optional<String> variable(String name) {
    return Optional.ofNullable(env.get(name)).filter(value -> !value.isEmpty());
  }

  /** Writes text to stdout. */
  void print(String text) throws HostException {
    try {
      stdout.write(text.getBytes(StandardCharsets.UTF_8));
      stdout.flush();
    } catch (IOException e) {
      throw new HostException("the result can't be written to stdout: " + e.getMessage(), e);
    }
  }

  Settings settings() {
    return Settings.fromEnvironment(env);
  }
}
