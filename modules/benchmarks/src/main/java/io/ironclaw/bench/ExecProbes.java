package io.ironclaw.bench;

import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** Commands and bytes in running VMs: IronClaw's, and bare ones of the same kind. */
final class ExecProbes {
  private static final String TRUE = "/bin/true";
  private static final int CHUNK = 1 << 16;
  private static final long FLOOD_BYTES = 1L << 30;
  private static final int WINDOW = 1_048_576;
  private static final long FILLED_DEADLINE_MS = 10_000;

  private final Sandbox sandbox;
  private final BareVm bareClone;
  private final RawPort rawPort;

  /**
   * @param rawPort where the floors of throughput are measured
   */
  ExecProbes(Sandbox sandbox, BareVm bareClone, RawPort rawPort) {
    this.sandbox = sandbox;
    this.bareClone = bareClone;
    this.rawPort = rawPort;
  }

  /** From the request to the exit status. */
  double exec() throws IronClawException, IOException, InterruptedException {
    return exec(GuestSeccomp.BASIC);
  }

  private double exec(GuestSeccomp seccomp)
      throws IronClawException, IOException, InterruptedException {
    long start = System.nanoTime();
    try (var execution = sandbox.start(ExecSpec.of(TRUE).withSeccomp(seccomp))) {
      Lab.requireSuccess(execution, TRUE);
      return Lab.millisSince(start);
    }
  }

  void exec(Results results) throws IronClawException, IOException, InterruptedException {
    results.add("exec_ms", exec());
  }

  void execUnfiltered(Results results) throws IronClawException, IOException, InterruptedException {
    results.add("exec_unfiltered_ms", exec(GuestSeccomp.OFF));
  }

  void execFloor(Results results) throws IOException {
    var frames = BareFrames.exec(bareClone.agent().newStream(), TRUE);
    long start = System.nanoTime();
    bareClone.within(() -> {
      bareClone.agent().write(frames);
      bareClone.agent().awaitFrame(BareFrames.EXITED);
    });
    results.add("exec_floor_ms", Lab.millisSince(start));
  }

  /** Bytes from a command's stdout to the host. */
  void out(long bytes, Results results)
      throws IronClawException, IOException, InterruptedException {
    long start = System.nanoTime();
    try (var execution = sandbox.start(ExecSpec.of(producer(bytes, "")))) {
      var buffer = new byte[CHUNK];
      long got = 0;
      for (int n = 0; n >= 0; n = execution.stdout().read(buffer)) {
        got += n;
      }
      double seconds = Lab.secondsSince(start);
      Lab.requireSuccess(execution, "dd");
      require(got, bytes);
      results.add("out_mb_s", bytes / 1e6 / seconds);
    }
  }

  /** The same bytes written to a port by the same program, with no frames. */
  void outFloor(long bytes, Results results) throws IronClawException, IOException {
    var bareRaw = rawPort.vm();
    var agent = bareRaw.agent();
    var frames = BareFrames.exec(agent.newStream(), producer(bytes, " of=/dev/vport0p2"));
    long start = System.nanoTime();
    bareRaw.within(() -> {
      agent.write(frames);
      read(bareRaw.raw(), bytes);
      double seconds = Lab.secondsSince(start);
      agent.awaitFrame(BareFrames.EXITED);
      results.add("out_floor_mb_s", bytes / 1e6 / seconds);
    });
  }

  /** Bytes from the host to a command's stdin. */
  void in(long bytes, Results results) throws IronClawException, IOException, InterruptedException {
    long start = System.nanoTime();
    try (var execution = sandbox.start(ExecSpec.of(consumer(bytes)).withStdin())) {
      var buffer = new byte[CHUNK];
      try (var stdin = execution.stdin()) {
        for (long sent = 0; sent < bytes; sent += CHUNK) {
          stdin.write(buffer);
        }
      }
      Lab.requireSuccess(execution, "head");
      results.add("in_mb_s", bytes / 1e6 / Lab.secondsSince(start));
    }
  }

  /** The same bytes read from a port by the same program, with no frames. */
  void inFloor(long bytes, Results results) throws IronClawException, IOException {
    var bareRaw = rawPort.vm();
    var agent = bareRaw.agent();
    // It says when the port is open, so that the time until then is not in the figure. The host's
    // writes stall now and then all the same.
    String[] command = {
      "/bin/sh", "-c", "exec 3</dev/vport0p2; echo; exec head -c " + bytes + " <&3 >/dev/null"
    };
    var frames = BareFrames.exec(agent.newStream(), command);
    long start = System.nanoTime();
    bareRaw.within(() -> {
      agent.write(frames);
      var buffer = ByteBuffer.allocateDirect(CHUNK);
      for (long sent = 0; sent < bytes; sent += CHUNK) {
        buffer.clear();
        while (buffer.hasRemaining()) {
          bareRaw.raw().write(buffer);
        }
      }
      agent.awaitFrame(BareFrames.EXITED);
      results.add("in_floor_mb_s", bytes / 1e6 / Lab.secondsSince(start));
    });
  }

  private static String[] producer(long bytes, String to) {
    int block = 32_768;
    return new String[] {
      "/bin/sh",
      "-c",
      "exec dd if=/dev/zero bs=" + block + " count=" + bytes / block + " status=none" + to
    };
  }

  private static String[] consumer(long bytes) {
    return new String[] {"/bin/sh", "-c", "exec head -c " + bytes + " >/dev/null"};
  }

  private static void read(SocketChannel from, long bytes) throws IOException {
    var buffer = ByteBuffer.allocateDirect(CHUNK);
    long got = 0;
    while (got < bytes) {
      buffer.clear();
      int n = from.read(buffer);
      if (n < 0) {
        break;
      }
      got += n;
    }
    require(got, bytes);
  }

  private static void require(long got, long wanted) throws IOException {
    if (got != wanted) {
      throw new IOException(got + " of " + wanted + " bytes arrived");
    }
  }

  /** How much a host's heap grows when a guest writes 1 GiB that nobody reads. */
  void flood(Results results) throws IronClawException, IOException, InterruptedException {
    long before = heapAfterCollection();
    try (var execution = sandbox.start(ExecSpec.of(producer(FLOOD_BYTES, "")))) {
      long deadline = System.nanoTime() + FILLED_DEADLINE_MS * 1_000_000;
      // Nothing tells that a buffer is full, so look; this is no timed part.
      while (execution.stdout().available() < WINDOW) {
        if (System.nanoTime() > deadline) {
          throw new IOException("the flood filled only " + execution.stdout().available() + " B");
        }
        Thread.sleep(10);
      }
      Thread.sleep(500);
      results.add("heap_flood_mb", (heapAfterCollection() - before) / 1e6);
    }
  }

  private static long heapAfterCollection() {
    // One leaves what finalization and the compiler hold.
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
