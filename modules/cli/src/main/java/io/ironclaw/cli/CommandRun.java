package io.ironclaw.cli;

import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.Execution;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/** Joins a command's output to two streams and waits for its end. */
final class CommandRun {
  /** How the command ended; empty when our reader had gone before it (as of SIGPIPE). */
  record Result(Optional<ExecOutcome> outcome) {
    int status() {
      // First, because a switch over the types takes milliseconds in a JVM that has just started.
      if (outcome.orElse(null) instanceof ExecOutcome.Exited exited) {
        return exited.status();
      }
      return outcome.map(ExecOutcome::shellStatus).orElse(ExitStatus.ofSignal(ExitStatus.SIGPIPE));
    }
  }

  private CommandRun() {}

  static Result join(Execution execution, OutputStream stdout, OutputStream stderr)
      throws IronClawException, InterruptedException {
    var out = new OutputPump(execution, execution.stdout(), stdout);
    var err = new OutputPump(execution, execution.stderr(), stderr);
    var errThread = Thread.ofPlatform().daemon().name("ironclaw-stderr").start(err);
    out.run();
    if (out.unwritten().isEmpty()) {
      errThread.join();
    }
    var unwritten = out.unwritten().or(err::unwritten);
    if (unwritten.isPresent()) {
      return readerGone(unwritten.get());
    }
    return new Result(Optional.of(execution.await()));
  }

  private static Result readerGone(IOException e) throws HostException {
    String why = String.valueOf(e.getMessage());
    // What the JDK passes on of EPIPE; the reader did it on purpose, as in "... | head".
    if (why.contains("Broken pipe")) {
      return new Result(Optional.empty());
    }
    throw new HostException("the command's output can't be written: " + why, e);
  }
}
