package io.ironclaw.cli;

import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Jail;
import io.ironclaw.api.Printable;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.Seccomp;
import io.ironclaw.api.SpawnReport;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;

/**
 * What IronClaw itself says to the user, on stderr. Each message is one write, so that messages of
 * several threads and the command's own stderr don't mix within a line.
 */
final class Messages {
  private final OutputStream stderr;
  private volatile boolean verbose;
  private volatile boolean muted;

  Messages(OutputStream stderr, boolean verbose) {
    this.stderr = stderr;
    this.verbose = verbose;
  }

  /** The stream below, for a command's own stderr. */
  OutputStream stderr() {
    return stderr;
  }

  boolean verbose() {
    return verbose;
  }

  /** From now on nothing is said: the end was asked for, and how it looks from here is no news. */
  void mute() {
    muted = true;
  }

  void beVerbose() {
    verbose = true;
  }

  /** One message; control characters in it are shown, not sent. */
  void say(String message) {
    write("ironclaw: " + indented(message) + "\n");
  }

  /** Lines; each but the first is indented, so that none can pose as a message of ours. */
  static String indented(String text) {
    return Printable.lines(text).replace("\n", "\n  ");
  }

  /** A message for those who asked for details. */
  void detail(String message) {
    if (verbose) {
      say(message);
    }
  }

  /** An error, with its stack trace when details were asked for. */
  void error(Throwable problem) {
    if (verbose && !(problem instanceof IllegalArgumentException)) {
      var trace = new StringWriter();
      problem.printStackTrace(new PrintWriter(trace));
      write(indented(trace.toString()) + "\n");
    }
    say(text(problem));
  }

  /** The detail that a VM is there; not a detail is that it has no jail. */
  void spawned(SpawnReport spawn) {
    if (spawn.jail() == Jail.NONE) {
      say("no jail is around the hypervisor: it has your rights (--jail none)");
    } else if (spawn.seccomp() == Seccomp.LEARNING) {
      say("the hypervisor's seccomp filter only notes (IRONCLAW_SECCOMP=learning)");
    }
    if (verbose) {
      say(SpawnText.summary(spawn));
    }
  }

  /** Why a command was killed, where the VM's bounds are the reason. */
  void ended(CommandRun.Result result, SandboxSpec spec) {
    var outcome = result.outcome().orElse(null);
    if (outcome instanceof ExecOutcome.TimedOut) {
      say(
          "the command was killed at its time limit of "
              + SpawnText.time(spec.limits().time())
              + "; allow more with --timeout");
    } else if (outcome != null && outcome.usage().outOfMemory()) {
      say(
          "the command was killed, out of memory: the VM has "
              + spec.shape().memoryMib()
              + " MiB; allow more with --memory");
    }
  }

  /** What a command was refused, where that can be why it has failed; else a detail. */
  void refused(CommandRun.Result result) {
    String refused = result.outcome().map(o -> o.usage().refusedText()).orElse("");
    if (!refused.isEmpty() && (verbose || result.status() != 0)) {
      say(
          "the command's filter has refused "
              + refused
              + "; allow it with --guest-seccomp off, if it must be");
    }
  }

  /** What is meant for users has a message for them; anything else is a bug and says its type. */
  private String text(Throwable problem) {
    if (problem instanceof IronClawException || problem instanceof IllegalArgumentException) {
      return String.valueOf(problem.getMessage());
    }
    if (problem instanceof OutOfMemoryError e
        && String.valueOf(e.getMessage()).contains("native thread")) {
      return HostLimits.noThread();
    }
    return "unexpected " + problem + (verbose ? "" : "; run again with --verbose and report it");
  }

  /** Text of ours as it is. */
  void write(String text) {
    if (muted) {
      return;
    }
    try {
      stderr.write(text.getBytes(StandardCharsets.UTF_8));
      stderr.flush();
    } catch (IOException _) {
      // Nobody reads stderr, and there is no other place to say so.
    }
  }
}
