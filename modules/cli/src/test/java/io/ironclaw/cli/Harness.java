package io.ironclaw.cli;

import io.ironclaw.api.TerminalSize;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** Runs command lines in this process, against a fake IronClaw. */
final class Harness {
  final FakeIronClaw ironClaw;

  /** What IronClaw was started with, each time. */
  final java.util.List<io.ironclaw.sandbox.Settings> started =
      new java.util.concurrent.CopyOnWriteArrayList<>();

  final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
  final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
  final FakeSignals signals = new FakeSignals();
  final CompletableFuture<Integer> halted = new CompletableFuture<>();
  final Map<String, String> env = new HashMap<>(Map.of("HOME", "/nowhere"));
  InputStream stdin = InputStream.nullInputStream();
  Terminals terminals = new NoTerminal();

  Harness(FakeIronClaw.Program program) {
    this(new FakeIronClaw(program));
  }

  Harness(FakeIronClaw ironClaw) {
    this.ironClaw = ironClaw;
  }

  /** A guest in which every command is {@code true}. */
  static Harness quiet() {
    return new Harness((_, _, _, _) -> FakeIronClaw.exited(0));
  }

  Harness stdin(String text) {
    stdin = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  int run(String... args) {
    return Commands.run(context(), args);
  }

  /** Runs on a thread of its own. */
  CompletableFuture<Integer> start(String... args) {
    return CompletableFuture.supplyAsync(
        () -> run(args), task -> Thread.ofPlatform().daemon().start(task));
  }

  /** Runs on a thread of its own; returns when something came out of it. */
  CompletableFuture<Integer> startUntilOutput(String... args) throws InterruptedException {
    var first = new CountDownLatch(1);
    var watched =
        new OutputStream() {
          @Override
          public void write(int b) {
            stdout.write(b);
            first.countDown();
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            stdout.write(bytes, offset, length);
            first.countDown();
          }
        };
    var status =
        CompletableFuture.supplyAsync(
            () -> Commands.run(context(watched), args),
            task -> Thread.ofPlatform().daemon().start(task));
    first.await();
    return status;
  }

  Context context() {
    return context(stdout);
  }

  Context context(OutputStream out) {
    return new Context(
        env,
        stdin,
        out,
        new Messages(stderr, false),
        terminals,
        signals,
        settings -> {
          started.add(settings);
          return ironClaw;
        },
        new Timing(false, System.nanoTime()),
        halted::complete);
  }

  String out() {
    return stdout.toString(StandardCharsets.UTF_8);
  }

  String err() {
    return stderr.toString(StandardCharsets.UTF_8);
  }

  /** Signals that a test raises. */
  static final class FakeSignals implements Signals {
    private final Map<String, Runnable> handlers = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> known = new ConcurrentHashMap<>();
    final List<String> done = new java.util.concurrent.CopyOnWriteArrayList<>();

    @Override
    public void handle(String name, Runnable handler) {
      handlers.put(name, handler);
      latch(name).countDown();
    }

    @Override
    public void listen() {}

    @Override
    public void stopProcess() {
      done.add("stopped");
    }

    @Override
    public void close() {}

    /** Waits until somebody handles it. */
    void raise(String name) throws InterruptedException {
      latch(name).await();
      handlers.get(name).run();
    }

    private CountDownLatch latch(String name) {
      return known.computeIfAbsent(name, _ -> new CountDownLatch(1));
    }
  }

  /** Stdin is no terminal. */
  private static final class NoTerminal implements Terminals {
    @Override
    public boolean onStdin() {
      return false;
    }

    @Override
    public UserTerminal open() {
      throw new AssertionError("no terminal to open");
    }
  }

  /** A terminal that notes what is done to it. */
  static final class FakeTerminal implements Terminals, Terminals.UserTerminal {
    final List<String> done = new java.util.concurrent.CopyOnWriteArrayList<>();
    volatile TerminalSize size = new TerminalSize(40, 120);

    @Override
    public boolean onStdin() {
      return true;
    }

    @Override
    public UserTerminal open() {
      return this;
    }

    @Override
    public TerminalSize size() {
      return size;
    }

    @Override
    public void raw() {
      done.add("raw");
    }

    @Override
    public void close() {
      done.add("restored");
    }
  }
}
