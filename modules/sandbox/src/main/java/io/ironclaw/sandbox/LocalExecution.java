package io.ironclaw.sandbox;

import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.Execution;
import io.ironclaw.api.GuestException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.TerminalSize;
import io.ironclaw.guest.GuestCommand;
import io.ironclaw.jail.seccomp.SystemCalls;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

/** A running command in a local sandbox. */
final class LocalExecution implements Execution {
  private final LocalSandbox sandbox;
  private final GuestCommand command;
  private final ExecAccount account;
  private final InputStream stdout;
  private final InputStream stderr;
  private final OutputStream stdin;
  private final AtomicBoolean told = new AtomicBoolean();

  LocalExecution(LocalSandbox sandbox, GuestCommand command, ExecAccount account) {
    this.sandbox = sandbox;
    this.command = command;
    this.account = account;
    stdout = account.out(command.stdout());
    stderr = account.err(command.stderr());
    stdin = account.in(command.stdin());
  }

  @Override
  public InputStream stdout() {
    return stdout;
  }

  @Override
  public InputStream stderr() {
    return stderr;
  }

  @Override
  public OutputStream stdin() {
    return stdin;
  }

  @Override
  public void signal(int signal) throws IronClawException {
    try {
      command.signal(signal);
    } catch (GuestException e) {
      throw sandbox.explain(e);
    }
  }

  @Override
  public void resize(TerminalSize size) throws IronClawException {
    try {
      command.resize(size.rows(), size.columns());
    } catch (GuestException e) {
      throw sandbox.explain(e);
    }
  }

  @Override
  public void kill() throws IronClawException {
    try {
      command.kill();
    } catch (GuestException e) {
      throw sandbox.explain(e);
    }
  }

  @Override
  public ExecOutcome await() throws IronClawException, InterruptedException {
    try {
      var exit = command.await();
      var refused = new ArrayList<ExecOutcome.Refused>();
      SystemCalls.named(exit.refused())
          .forEach((call, times) -> refused.add(new ExecOutcome.Refused(call, times)));
      var usage =
          new ExecOutcome.Usage(
              exit.wall(),
              exit.cpu(),
              exit.peakRssKib(),
              exit.outOfMemory(),
              refused,
              exit.moreRefused());
      if (told.compareAndSet(false, true)) {
        sandbox.refused(refused, exit.moreRefused());
      }
      return account.ended(
          switch (exit.how()) {
            case STATUS -> new ExecOutcome.Exited(exit.code(), usage);
            case SIGNAL -> new ExecOutcome.Signalled(exit.code(), usage);
            case TIME_LIMIT -> new ExecOutcome.TimedOut(usage);
          });
    } catch (GuestException e) {
      throw account.failed(sandbox.explain(e));
    }
  }

  @Override
  public void close() {
    account.givenUp();
    try {
      command.abandon();
    } catch (GuestException _) {
      // The VM is gone, and the command with it.
    }
  }
}
