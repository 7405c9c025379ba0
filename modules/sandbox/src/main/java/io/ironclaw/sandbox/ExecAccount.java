package io.ironclaw.sandbox;

import io.ironclaw.api.Event;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Printable;
import io.ironclaw.api.VmId;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** What one command was, was given and gave: an event at its begin, one at its end. */
final class ExecAccount {
  private final VmId vm;
  private final long number;
  private final EventSink events;
  private final long begin = System.nanoTime();
  private final AtomicLong in = new AtomicLong();
  private final AtomicLong out = new AtomicLong();
  private final AtomicLong err = new AtomicLong();
  private final AtomicBoolean ended = new AtomicBoolean();

  private ExecAccount(VmId vm, long number, EventSink events) {
    this.vm = vm;
    this.number = number;
    this.events = events;
  }

  static ExecAccount begin(
      VmId vm, long number, ExecSpec exec, Set<String> secrets, EventSink events) {
    events.publish(
        new Event.ExecBegan(
            vm,
            number,
            events.masked(exec.argv()),
            exec.cwd().map(events::masked),
            exec.uid(),
            exec.env().keySet(),
            secrets,
            exec.terminal().isPresent(),
            exec.seccomp()));
    return new ExecAccount(vm, number, events);
  }

  InputStream out(InputStream from) {
    return Metered.in(from, (_, _, length) -> out.addAndGet(length));
  }

  InputStream err(InputStream from) {
    return Metered.in(from, (_, _, length) -> err.addAndGet(length));
  }

  OutputStream in(OutputStream to) {
    return Metered.out(to, (_, _, length) -> in.addAndGet(length));
  }

  ExecOutcome ended(ExecOutcome outcome) {
    if (end(Optional.of(outcome), Optional.empty())) {
      if (outcome.usage().outOfMemory()) {
        limit("memory", "the VM's memory had run out", "allow more with --memory");
      } else if (outcome instanceof ExecOutcome.TimedOut) {
        limit(
            "time",
            "it was killed at its time limit",
            "allow more with --timeout, or with timeout_seconds of the tool");
      }
    }
    return outcome;
  }

  private void limit(String name, String what, String fix) {
    events.publish(new Event.LimitHit(vm, name, "command " + number + ": " + what, fix));
  }

  <X extends IronClawException> X failed(X problem) {
    boolean _ =
        end(
            Optional.empty(),
            Optional.of(events.masked(Printable.line(String.valueOf(problem.getMessage())))));
    return problem;
  }

  /** Nobody waits for it any more. */
  void givenUp() {
    boolean _ = end(Optional.empty(), Optional.of("it was given up"));
  }

  private boolean end(Optional<ExecOutcome> outcome, Optional<String> failure) {
    boolean first = ended.compareAndSet(false, true);
    if (first) {
      events.publish(
          new Event.ExecEnded(
              vm,
              number,
              outcome,
              failure,
              in.get(),
              out.get(),
              err.get(),
              Duration.ofNanos(System.nanoTime() - begin)));
    }
    return first;
  }
}
