package io.ironclaw.mcp;

import io.ironclaw.host.IronClawException;
import io.ironclaw.sandbox.ExecOutcome;
import io.ironclaw.sandbox.ExecSpec;
import io.ironclaw.sandbox.Execution;
import io.ironclaw.sandbox.Sandbox;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs a command. */
final class ExecTool implements SandboxTool {
  private static final int STDOUT_BOUND = 48 << 10;
  private static final int STDERR_BOUND = 16 << 10;
  private static final double MAX_SECONDS = 24 * 3600;
  private static final long TICK_MILLIS = 500;

  @Override
  public McpSchema.Tool definition() {
    var input = new LinkedHashMap<String, Object>();
    input.put("command", Schema.text("A command line for /bin/sh -c. Give this or argv."));
    input.put(
        "argv",
        Schema.list(
            "Program and arguments, run without a shell. Give this or command.",
            Map.of("type", "string")));
    input.put("cwd", Schema.text("Absolute folder to run in; /root if absent."));
    input.put("env", Schema.texts("Variables added to the small default environment."));
    input.put("stdin", Schema.text("Text for the command's standard input; none if absent."));
    input.put(
        "timeout_seconds",
        Schema.number(
            "The command and all it started are killed after this time.", 0.1, MAX_SECONDS));
    var output = new LinkedHashMap<String, Object>();
    output.put("outcome", Schema.choice("How it ended.", "exited", "signalled", "timed_out"));
    output.put("status", Schema.integer("Exit status; 128 + signal; 124 for the time.", 0, 255));
    output.put("stdout", Schema.text("Standard output, its middle cut out if it is long."));
    output.put("stderr", Schema.text("Standard error, its middle cut out if it is long."));
    output.put("stdout_bytes", Schema.count("Bytes written to standard output in all."));
    output.put("stderr_bytes", Schema.count("Bytes written to standard error in all."));
    output.put("truncated", Schema.flag("Whether anything was cut out."));
    output.put("wall_ms", Schema.count("Time from start to end in the VM, milliseconds."));
    return McpSchema.Tool.builder("exec", Schema.object(List.of(), input))
        .title("Run a command")
        .description(
            "Runs a command as root in this session's own Linux VM (Debian; sh, bash, python3,"
                + " curl, jq and the usual tools). Files stay for the session and are gone after"
                + " it; there is no network. Returns stdout, stderr and the exit status.")
        .outputSchema(Schema.object(List.copyOf(output.keySet()), output))
        .annotations(
            McpSchema.ToolAnnotations.builder()
                .title("Run a command")
                .readOnlyHint(false)
                .destructiveHint(true)
                .idempotentHint(false)
                .openWorldHint(false)
                .build())
        .build();
  }

  @Override
  public Answer call(Sandbox sandbox, Arguments arguments, Progress progress)
      throws Arguments.InvalidArgumentException,
          IronClawException,
          IOException,
          InterruptedException {
    var stdin = arguments.text("stdin");
    var spec = spec(arguments, stdin.isPresent());
    arguments.end();
    var out = new Excerpt(STDOUT_BOUND);
    var err = new Excerpt(STDERR_BOUND);
    try (var execution = sandbox.start(spec)) {
      Call.CURRENT.orElse(new Call()).onCancel(() -> kill(execution));
      var readers =
          CompletableFuture.allOf(
              async(() -> drain(execution.stdout(), out)),
              async(() -> drain(execution.stderr(), err)));
      if (stdin.isPresent()) {
        var _ = async(() -> feed(execution, stdin.get()));
      }
      watch(readers, out, err, progress);
      return answer(execution.await(), out, err);
    }
  }

  private static void feed(Execution execution, String text) throws IOException {
    try (var to = execution.stdin()) {
      to.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static ExecSpec spec(Arguments arguments, boolean stdin)
      throws Arguments.InvalidArgumentException {
    var command = arguments.text("command");
    var argv = arguments.texts("argv");
    if (command.isPresent() == !argv.isEmpty()) {
      throw new Arguments.InvalidArgumentException("give either command or argv");
    }
    return new ExecSpec(
        command.map(c -> List.of("/bin/sh", "-c", c)).orElse(argv),
        arguments.textMap("env"),
        arguments.text("cwd"),
        0,
        stdin,
        Optional.empty(),
        arguments
            .number("timeout_seconds", 0.1, MAX_SECONDS)
            .map(s -> Duration.ofMillis(Math.round(s * 1_000))));
  }

  private static void kill(Execution execution) {
    try {
      execution.kill();
    } catch (IronClawException _) {
      // The VM is gone, and the command with it.
    }
  }

  /** Something that reads or writes a stream of the command. */
  private interface Pump {
    void run() throws IOException;
  }

  private static CompletableFuture<Void> async(Pump pump) {
    var done = new CompletableFuture<Void>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            pump.run();
          } catch (IOException _) {
            // The command or the VM ended; await() says which.
          } finally {
            done.complete(null);
          }
        });
    return done;
  }

  private static void drain(InputStream from, Excerpt to) throws IOException {
    var buffer = new byte[16_384];
    for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
      to.append(buffer, n);
    }
  }

  private static void watch(
      CompletableFuture<Void> readers, Excerpt out, Excerpt err, Progress progress)
      throws InterruptedException {
    long start = System.nanoTime();
    while (true) {
      try {
        readers.get(TICK_MILLIS, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException _) {
        double seconds = (System.nanoTime() - start) / 1e9;
        progress.report(
            seconds,
            "running for %.1f s, %d bytes of output".formatted(seconds, out.total() + err.total()));
      } catch (ExecutionException e) {
        throw new IllegalStateException("a pump never fails", e);
      }
    }
  }

  private static Answer answer(ExecOutcome outcome, Excerpt out, Excerpt err) {
    long millis = outcome.usage().wall().toMillis();
    String how =
        switch (outcome) {
          case ExecOutcome.Exited _ -> "exited";
          case ExecOutcome.Signalled _ -> "signalled";
          case ExecOutcome.TimedOut _ -> "timed_out";
        };
    var data = new LinkedHashMap<String, Object>();
    data.put("outcome", how);
    data.put("status", outcome.shellStatus());
    data.put("stdout", out.text());
    data.put("stderr", err.text());
    data.put("stdout_bytes", out.total());
    data.put("stderr_bytes", err.total());
    data.put("truncated", out.isCut() || err.isCut());
    data.put("wall_ms", millis);
    var text = new StringBuilder(out.text());
    if (err.total() > 0) {
      text.append(text.isEmpty() || text.charAt(text.length() - 1) == '\n' ? "" : "\n");
      text.append("[stderr]\n").append(err.text());
    }
    text.append(text.isEmpty() || text.charAt(text.length() - 1) == '\n' ? "" : "\n");
    text.append('[').append(describe(outcome)).append(", ").append(millis).append(" ms]");
    return new Answer(text.toString(), data);
  }

  private static String describe(ExecOutcome outcome) {
    return switch (outcome) {
      case ExecOutcome.Exited e -> "exit status " + e.status();
      case ExecOutcome.Signalled s -> "ended by signal " + s.signal();
      case ExecOutcome.TimedOut _ -> "killed: its time limit was reached";
    };
  }
}
