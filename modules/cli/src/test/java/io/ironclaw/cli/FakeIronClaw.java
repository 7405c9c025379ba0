package io.ironclaw.cli;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.EventBus;
import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.Execution;
import io.ironclaw.api.FileStat;
import io.ironclaw.api.IronClaw;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.TerminalSize;
import io.ironclaw.api.Verdict;
import io.ironclaw.api.VmId;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/** VMs that are threads; what runs in them is a lambda. */
final class FakeIronClaw implements IronClaw {
  static final ExecOutcome.Usage USAGE =
      new ExecOutcome.Usage(Duration.ofMillis(5), Duration.ofMillis(3), 1_024, false);

  /** A command. It gets the signals that were sent to it through its queue; kill is a 9. */
  @FunctionalInterface
  interface Program {
    ExecOutcome run(InputStream stdin, OutputStream stdout, OutputStream stderr, Guest guest)
        throws IOException, InterruptedException, IronClawException;
  }

  /** What else a command sees. */
  record Guest(ExecSpec spec, BlockingQueue<Integer> signals, BlockingQueue<TerminalSize> sizes) {}

  /** What happens before a VM is there. */
  @FunctionalInterface
  interface Opening {
    void open(SandboxSpec spec) throws IronClawException;
  }

  private final Program program;
  private final Opening opening;
  final EventBus events = new EventBus();
  final List<SandboxSpec> opened = new CopyOnWriteArrayList<>();
  final List<ExecSpec> started = new CopyOnWriteArrayList<>();
  final List<VmId> closed = new CopyOnWriteArrayList<>();

  FakeIronClaw(Program program) {
    this(program, _ -> {});
  }

  FakeIronClaw(Program program, Opening opening) {
    this.program = program;
    this.opening = opening;
  }

  static ExecOutcome exited(int status) {
    return new ExecOutcome.Exited(status, USAGE);
  }

  @Override
  public Sandbox open(SandboxSpec spec) throws IronClawException {
    opening.open(spec);
    opened.add(spec);
    return new FakeSandbox(spec);
  }

  @Override
  public EventBus events() {
    return events;
  }

  @Override
  public void close() {}

  private final class FakeSandbox implements Sandbox {
    private final SandboxSpec spec;
    private final List<FakeExecution> executions = new CopyOnWriteArrayList<>();

    FakeSandbox(SandboxSpec spec) {
      this.spec = spec;
    }

    @Override
    public VmId id() {
      return spec.id();
    }

    @Override
    public SpawnReport spawn() {
      return new SpawnReport(
          id(),
          SpawnReport.How.CLONE,
          "fake 1.0",
          Acceleration.EMULATED,
          java.util.Optional.of("there is no /dev/kvm"),
          io.ironclaw.api.Jail.BUBBLEWRAP,
          io.ironclaw.api.Seccomp.BASIC,
          Duration.ofMillis(118),
          List.of(new SpawnReport.Phase("restore", Duration.ofMillis(100))));
    }

    @Override
    public IsolationProof handOutProof() {
      return proof();
    }

    @Override
    public IsolationProof proof() {
      var at = Instant.parse("2026-11-29T08:00:00Z");
      var item =
          new IsolationProof.Item(
              ProofItem.SECCOMP, Verdict.PROVEN, "Seccomp 2", at, Duration.ofNanos(12_000));
      return new IsolationProof(
          id(),
          at,
          IsolationProof.Occasion.RE_CHECK,
          "fake",
          SpawnReport.How.CLONE,
          4_711,
          Duration.ofMillis(2),
          List.of(item));
    }

    @Override
    public boolean isOpen() {
      return !closed.contains(id());
    }

    @Override
    public Execution start(ExecSpec exec) throws IronClawException {
      started.add(exec);
      var execution = new FakeExecution(exec);
      executions.add(execution);
      return execution;
    }

    @Override
    public FileStat readFile(String path, long offset, long most, OutputStream to) {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileStat writeFile(String path, int mode, boolean createParents, InputStream from) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Listing listFiles(String path, int most) {
      throw new UnsupportedOperationException();
    }

    @Override
    public String consoleTail() {
      return "";
    }

    @Override
    public void close() {
      if (!closed.contains(id())) {
        executions.forEach(FakeExecution::kill);
        closed.add(id());
      }
    }
  }

  private final class FakeExecution implements Execution {
    private final Pipe in = new Pipe();
    private final Pipe out = new Pipe();
    private final Pipe err = new Pipe();
    private final CompletableFuture<ExecOutcome> outcome = new CompletableFuture<>();
    private final Guest guest;

    FakeExecution(ExecSpec spec) {
      guest = new Guest(spec, new LinkedBlockingQueue<>(), new LinkedBlockingQueue<>());
      Thread.ofVirtual().start(this::run);
    }

    private void run() {
      try (out.to;
          err.to) {
        outcome.complete(program.run(in.from, out.to, err.to, guest));
      } catch (Exception e) {
        // Whatever a test throws is what waiting for the command shall throw.
        outcome.completeExceptionally(e);
      }
    }

    @Override
    public InputStream stdout() {
      return out.from;
    }

    @Override
    public InputStream stderr() {
      return err.from;
    }

    @Override
    public OutputStream stdin() {
      return in.to;
    }

    @Override
    public void signal(int signal) {
      guest.signals().add(signal);
    }

    @Override
    public void resize(TerminalSize size) {
      guest.sizes().add(size);
    }

    @Override
    public void kill() {
      guest.signals().add(9);
    }

    @Override
    public ExecOutcome await() throws IronClawException, InterruptedException {
      try {
        return outcome.get();
      } catch (java.util.concurrent.ExecutionException e) {
        switch (e.getCause()) {
          case IronClawException failed -> throw failed;
          case null, default -> throw new IllegalStateException(e.getCause());
        }
      }
    }

    @Override
    public void close() {}
  }

  /** Both ends of a stream. */
  private static final class Pipe {
    final PipedInputStream from = new PipedInputStream(65_536);
    final PipedOutputStream to;

    Pipe() {
      try {
        to = new PipedOutputStream(from);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
