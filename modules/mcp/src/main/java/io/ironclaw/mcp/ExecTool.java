package io.ironclaw.mcp;

import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.Execution;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import io.ironclaw.tool.Progress;
import io.ironclaw.tool.ToolCall;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs a command. */
final class ExecTool implements McpTool {
  /**
   * Bytes that are held of each stream; what of them is shown depends on what they take as JSON.
   */
  private static final Duration SLACK = Duration.ofMillis(200);

  private static final int MOST_DENIALS = 3;
  private static final int HELD = 32 << 10;

  private static final int MOST_STDERR = 4_500;
  private static final double MAX_SECONDS = 24 * 3600;
  private static final long TICK_MILLIS = 500;

  private final GuestSeccomp seccomp;

  /**
   * @param seccomp which system calls commands may make
   */
  ExecTool(GuestSeccomp seccomp) {
    this.seccomp = seccomp;
  }

  @Override
  public String name() {
    return "exec";
  }

  /** How a command ended, and what is kept of its output. */
  private record Ended(ExecOutcome outcome, Excerpt out, Excerpt err) {}

  @Override
  public Prepared prepare(Arguments arguments, Progress progress)
      throws Arguments.InvalidArgumentException {
    var stdin = arguments.text("stdin");
    var spec = spec(arguments, stdin.isPresent());
    arguments.end();
    return new Prepared.InVm<>(
        new ToolCall.Exec<>(spec, (_, execution) -> run(execution, stdin, progress)),
        ExecTool::answer);
  }

  private static Ended run(Execution execution, Optional<String> stdin, Progress progress)
      throws IronClawException, InterruptedException {
    var out = new Excerpt(HELD);
    var err = new Excerpt(HELD);
    var readers =
        CompletableFuture.allOf(
            async(() -> drain(execution.stdout(), out)),
            async(() -> drain(execution.stderr(), err)));
    if (stdin.isPresent()) {
      var _ = async(() -> feed(execution, stdin.get()));
    }
    watch(readers, out, err, progress);
    return new Ended(execution.await(), out, err);
  }

  private static void feed(Execution execution, String text) throws IOException {
    try (var to = execution.stdin()) {
      to.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private ExecSpec spec(Arguments arguments, boolean stdin)
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
            .map(s -> Duration.ofMillis(Math.round(s * 1_000))),
        seccomp);
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

  private static Answer answer(Ended ended, Sandbox sandbox) {
    var outcome = ended.outcome();
    var out = ended.out();
    var err = ended.err();
    long millis = outcome.usage().wall().toMillis();
    var errors = err.shown(MOST_STDERR);
    var output = out.shown(Answer.MOST_TWICE - 300 - JsonText.length(errors.text()));
    var notices = new ArrayList<String>();
    if (output.cut() || errors.cut()) {
      notices.add(
          "the middle of the output was left out: write it to a file and read that by parts");
    }
    if (outcome.usage().outOfMemory()) {
      notices.add(
          "the VM's memory ran out and the command was killed: use less, or ask for a server with"
              + " more --memory");
    }
    String refused = outcome.usage().refusedText();
    if (!refused.isEmpty()) {
      notices.add(
          "the command's system call filter has refused "
              + refused
              + ": such calls fail with EPERM here, whoever makes them");
    }
    notices.addAll(denials(sandbox, outcome));
    if (!output.isText() || !errors.isText()) {
      notices.add(
          "bytes that are no UTF-8 are shown as U+FFFD: pipe the command through base64 to get"
              + " them");
    }
    var data = new LinkedHashMap<String, Object>();
    data.put("outcome", how(outcome));
    data.put("status", outcome.shellStatus());
    data.put("stdout", output.text());
    data.put("stderr", errors.text());
    data.put("stdout_bytes", out.total());
    data.put("stderr_bytes", err.total());
    data.put("truncated", output.cut() || errors.cut());
    data.put("wall_ms", millis);
    data.put("isolation", sandbox.spawn().acceleration().isolation());
    Notice.add(data, notices);
    var text = new StringBuilder(output.text());
    if (err.total() > 0) {
      endLine(text);
      text.append("[stderr]\n").append(errors.text());
    }
    endLine(text);
    text.append('[').append(describe(outcome)).append(", ").append(millis).append(" ms]");
    notices.forEach(notice -> text.append("\n[").append(notice).append(']'));
    return new Answer(text.toString(), data);
  }

  /** What the command was denied by its network, and the rules that a person could add. */
  private static List<String> denials(Sandbox sandbox, ExecOutcome outcome) {
    // The kernel tells of a packet a moment after it was denied, and its clock is another one.
    var begin = Instant.now().minus(outcome.usage().wall()).minus(SLACK);
    return sandbox.denials().stream()
        .filter(denial -> denial.last().isAfter(begin))
        .limit(MOST_DENIALS)
        .map(denial ->
            "the network denied "
                + denial.what()
                + denial
                    .rule()
                    .map(rule -> "; whoever runs this server can allow it: --allow " + rule)
                    .orElse(""))
        .toList();
  }

  private static void endLine(StringBuilder text) {
    if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n') {
      text.append('\n');
    }
  }

  private static String how(ExecOutcome outcome) {
    if (outcome.usage().outOfMemory()) {
      return "out_of_memory";
    }
    return switch (outcome) {
      case ExecOutcome.Exited _ -> "exited";
      case ExecOutcome.Signalled _ -> "signalled";
      case ExecOutcome.TimedOut _ -> "timed_out";
    };
  }

  private static String describe(ExecOutcome outcome) {
    if (outcome.usage().outOfMemory()) {
      return "killed, out of memory";
    }
    return switch (outcome) {
      case ExecOutcome.Exited e -> "exit status " + e.status();
      case ExecOutcome.Signalled s -> "ended by signal " + s.signal();
      case ExecOutcome.TimedOut _ -> "killed at its time limit";
    };
  }
}
