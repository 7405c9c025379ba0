package io.ironclaw.guest;

import io.ironclaw.api.GuestRefusedException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A command as the agent takes it. Everything must fit one frame of 65,536 bytes.
 *
 * @param env {@code NAME=value} each
 * @param cwd absolute folder, or empty for {@code HOME} of {@code env}
 * @param timeLimitMillis 0 = none
 * @param terminal rows and columns of a pseudo-terminal
 * @param filter that it runs under, with all it starts; empty = none
 */
public record ExecRequest(
    List<String> argv,
    List<String> env,
    String cwd,
    int uid,
    int gid,
    long timeLimitMillis,
    boolean stdin,
    Optional<Terminal> terminal,
    Optional<CommandFilter> filter) {
  private static final int MOST_STRINGS = ProtocolNumbers.MAX_ARGS;

  /** Size of a pseudo-terminal. */
  public record Terminal(int rows, int columns) {}

  public ExecRequest {
    argv = List.copyOf(argv);
    env = List.copyOf(env);
  }

  /**
   * @param now what the guest's clock should say; it is set if it is off by more than a second
   */
  byte[] payload(Instant now) throws GuestRefusedException {
    if (argv.isEmpty() || argv.size() > MOST_STRINGS || env.size() > MOST_STRINGS) {
      throw tooLarge(argv.size() + " arguments and " + env.size() + " variables");
    }
    var out =
        new PayloadWriter()
            .u32(
                (terminal.isPresent() ? ProtocolNumbers.EXEC_PTY : 0)
                    | (stdin ? ProtocolNumbers.EXEC_STDIN : 0))
            .u32(uid)
            .u32(gid)
            .u32(timeLimitMillis)
            .u64(now.getEpochSecond() * 1_000_000_000L + now.getNano())
            .u16(terminal.map(Terminal::rows).orElse(0))
            .u16(terminal.map(Terminal::columns).orElse(0))
            .str(cwd)
            .u16(argv.size());
    for (var arg : argv) {
      out.str(arg);
    }
    out.u16(env.size());
    for (var variable : env) {
      out.str(variable);
    }
    out.u8(filter.map(CommandFilter::number).orElse(0));
    var payload = out.bytes();
    if (payload.length > Frame.MAX_PAYLOAD) {
      throw tooLarge(payload.length + " bytes");
    }
    for (var text : List.of(argv, env, List.of(cwd))) {
      for (var s : text) {
        if (s.indexOf('\0') >= 0) {
          throw new GuestRefusedException(
              "exec", 22, "an argument, variable or folder holds a NUL character; remove it");
        }
      }
    }
    return payload;
  }

  private static GuestRefusedException tooLarge(String what) {
    return new GuestRefusedException(
        "exec",
        7,
        what
            + " of command and environment; at most 65536 bytes and 4096 of each fit: pass more"
            + " through stdin or a file");
  }
}
