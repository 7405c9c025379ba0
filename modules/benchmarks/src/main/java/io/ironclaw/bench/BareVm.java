package io.ironclaw.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * QEMU driven with nothing but QMP: one thread, blocking, no parser, no confinement. It is the
 * floor that IronClaw is measured against, so it shares no code with it.
 */
final class BareVm implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final ScheduledExecutorService WATCHDOG =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("bench-watchdog").factory());
  private static final byte[] INCOMING =
      """
      {"execute":"qmp_capabilities"}
      {"execute":"migrate-set-capabilities","arguments":{"capabilities":[\
      {"capability":"x-ignore-shared","state":true},{"capability":"events","state":true}]}}
      {"execute":"migrate-incoming","arguments":{"uri":"fd:0"}}
      """
          .getBytes(StandardCharsets.US_ASCII);
  private static final byte[] CONT = "{\"execute\":\"cont\"}\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] RESTORED = "\"completed\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] REFUSED = "\"error\"".getBytes(StandardCharsets.US_ASCII);

  private final Process process;
  private final SocketChannel qmp;
  private final BareChannel agent;
  private final Optional<SocketChannel> raw;
  private final Map<String, Double> phases;
  private volatile boolean killed;

  private BareVm(
      Process process,
      SocketChannel qmp,
      BareChannel agent,
      Optional<SocketChannel> raw,
      Map<String, Double> phases) {
    this.process = process;
    this.qmp = qmp;
    this.agent = agent;
    this.raw = raw;
    this.phases = phases;
  }

  /**
   * Starts a clone, and sends it {@code frames} as soon as there is a socket to send them to.
   *
   * @param dir holds its sockets; empty
   */
  static BareVm cloneOf(BareArguments machine, Path state, Path dir, byte[] frames)
      throws IOException {
    var argv = machine.clone(dir);
    var stdin = ProcessBuilder.Redirect.from(state.toFile());
    return start(argv, stdin, dir, frames, true, false);
  }

  /** Boots a VM with a raw port; returns when its agent has answered {@code frames}. */
  static BareVm boot(BareArguments machine, Path dir, byte[] frames) throws IOException {
    var argv = machine.bootWithRawPort(dir);
    var stdin = ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile());
    var vm = start(argv, stdin, dir, frames, false, true);
    try {
      vm.within(() -> vm.agent.awaitFrame(BareFrames.RENEWED));
      return vm;
    } catch (IOException e) {
      vm.close();
      throw e;
    }
  }

  private static BareVm start(
      List<String> argv,
      ProcessBuilder.Redirect stdin,
      Path dir,
      byte[] frames,
      boolean incoming,
      boolean withRaw)
      throws IOException {
    var phases = new LinkedHashMap<String, Double>();
    long last = System.nanoTime();
    Files.createDirectories(dir.resolve("sock"));
    try (var qmpServer = listen(dir.resolve("sock/qmp"));
        var agentServer = listen(dir.resolve("sock/agent"));
        var rawServer =
            withRaw
                ? listen(dir.resolve("raw.sock"))
                : ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      var builder =
          new ProcessBuilder(argv)
              .redirectInput(stdin)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(dir.resolve("stderr").toFile());
      builder.environment().clear();
      builder.environment().put("LC_ALL", "C");
      var process = builder.start();
      last = lap(phases, "spawn", last);
      var watchdog =
          WATCHDOG.schedule(
              () -> {
                process.destroyForcibly();
                closeAll(qmpServer, agentServer, rawServer);
              },
              DEADLINE.toMillis(),
              TimeUnit.MILLISECONDS);
      // Without this, an accept would wait for the watchdog when QEMU refuses its arguments.
      var _ = process.onExit().thenRun(() -> closeAll(qmpServer, agentServer, rawServer));
      try {
        var qmp = qmpServer.accept();
        var agent = new BareChannel(agentServer.accept());
        last = lap(phases, "connect", last);
        Optional<SocketChannel> raw = withRaw ? Optional.of(rawServer.accept()) : Optional.empty();
        agent.write(frames);
        if (incoming) {
          write(qmp, INCOMING);
          awaitRestored(qmp);
          write(qmp, CONT);
        }
        lap(phases, "restore", last);
        return new BareVm(process, qmp, agent, raw, phases);
      } catch (IOException e) {
        process.destroyForcibly();
        throw new IOException(
            "bare QEMU did not start: " + e + " " + Files.readString(dir.resolve("stderr")), e);
      } finally {
        watchdog.cancel(false);
      }
    }
  }

  private static ServerSocketChannel listen(Path socket) throws IOException {
    Files.deleteIfExists(socket);
    var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    return server.bind(UnixDomainSocketAddress.of(socket), 1);
  }

  private static double millis(long nanos) {
    return nanos / 1e6;
  }

  private static long lap(Map<String, Double> phases, String name, long since) {
    long now = System.nanoTime();
    phases.put(name, millis(now - since));
    return now;
  }

  private static void closeAll(ServerSocketChannel... servers) {
    for (var server : servers) {
      try {
        server.close();
      } catch (IOException _) {
        // Only a thread that waits on it needs to notice.
      }
    }
  }

  private static void write(SocketChannel to, byte[] bytes) throws IOException {
    var buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      to.write(buffer);
    }
  }

  private static void awaitRestored(SocketChannel qmp) throws IOException {
    var bytes = new byte[65_536];
    var buffer = ByteBuffer.wrap(bytes);
    while (true) {
      if (qmp.read(buffer) < 0) {
        throw new EOFException("QEMU ended during the restore");
      }
      int seen = buffer.position();
      if (contains(bytes, seen, RESTORED)) {
        return;
      }
      if (contains(bytes, seen, REFUSED)) {
        throw new IOException(
            "QEMU refused: " + new String(bytes, 0, seen, StandardCharsets.UTF_8));
      }
    }
  }

  private static boolean contains(byte[] bytes, int length, byte[] what) {
    for (int i = 0; i + what.length <= length; i++) {
      int k = 0;
      while (k < what.length && bytes[i + k] == what[k]) {
        k++;
      }
      if (k == what.length) {
        return true;
      }
    }
    return false;
  }

  /** Blocking work on the VM. */
  @FunctionalInterface
  interface Work {
    void run() throws IOException;
  }

  /** Does blocking work; a VM that hangs is killed, which ends the wait. */
  void within(Work work) throws IOException {
    var watchdog = WATCHDOG.schedule(this::kill, DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    try {
      work.run();
    } catch (IOException e) {
      throw killed ? new IOException("the bare VM hung for " + DEADLINE.toSeconds() + " s", e) : e;
    } finally {
      watchdog.cancel(false);
    }
  }

  private void kill() {
    killed = true;
    process.destroyForcibly();
  }

  BareChannel agent() {
    return agent;
  }

  SocketChannel raw() {
    return raw.orElseThrow(() -> new IllegalStateException("this VM has no raw port"));
  }

  boolean isAlive() {
    return !killed && process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** What the start was spent on, in ms. */
  Map<String, Double> phases() {
    return phases;
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    agent.close();
    qmp.close();
    if (raw.isPresent()) {
      raw.get().close();
    }
    try {
      process.waitFor(5, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
