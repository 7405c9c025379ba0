package io.ironclaw.mcp;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.Execution;
import io.ironclaw.api.FileEntry;
import io.ironclaw.api.FileStat;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.TerminalSize;
import io.ironclaw.api.Verdict;
import io.ironclaw.api.VmId;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** A VM with one file and one command: {@code sleep} lasts until it is closed, all else echoes. */
final class FakeSandbox implements Sandbox {
  private final VmId id = VmId.random();
  final CountDownLatch closed = new CountDownLatch(1);
  final CountDownLatch slept = new CountDownLatch(1);
  volatile byte[] file = {};
  volatile byte[] output = {};
  volatile List<FileEntry> entries = List.of();

  @Override
  public VmId id() {
    return id;
  }

  @Override
  public SpawnReport spawn() {
    return new SpawnReport(
        id,
        SpawnReport.How.CLONE,
        "fake 1.0",
        Acceleration.EMULATED,
        Optional.of("there is no /dev/kvm"),
        io.ironclaw.api.Jail.BUBBLEWRAP,
        io.ironclaw.api.Seccomp.BASIC,
        Duration.ZERO,
        List.of());
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
    return closed.getCount() > 0;
  }

  @Override
  public Execution start(ExecSpec spec) {
    boolean sleeps = spec.argv().contains("sleep");
    return new Execution() {
      private final CountDownLatch ended = new CountDownLatch(sleeps ? 1 : 0);

      @Override
      public InputStream stdout() {
        return sleeps ? untilEnded() : new ByteArrayInputStream(output);
      }

      private InputStream untilEnded() {
        return new InputStream() {
          @Override
          public int read(byte[] to, int offset, int length) throws IOException {
            return read();
          }

          @Override
          public int read() throws IOException {
            try {
              ended.await();
              return -1;
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          }
        };
      }

      @Override
      public InputStream stderr() {
        return InputStream.nullInputStream();
      }

      @Override
      public OutputStream stdin() {
        return OutputStream.nullOutputStream();
      }

      @Override
      public void signal(int signal) {}

      @Override
      public void resize(TerminalSize size) {}

      @Override
      public void kill() {
        ended.countDown();
      }

      @Override
      public ExecOutcome await() throws InterruptedException {
        ended.await();
        return new ExecOutcome.Exited(
            0, new ExecOutcome.Usage(Duration.ofMillis(3), Duration.ofMillis(2), 100, false));
      }

      @Override
      public void close() {
        ended.countDown();
        slept.countDown();
      }
    };
  }

  @Override
  public FileStat readFile(String path, long offset, long most, OutputStream to)
      throws IOException {
    int from = (int) Math.min(offset, file.length);
    int length = (int) Math.min(most, file.length - from);
    to.write(file, from, length);
    return new FileStat(file.length, 0100644, 0);
  }

  @Override
  public FileStat writeFile(String path, int mode, boolean createParents, InputStream from)
      throws IronClawException, IOException {
    file = from.readAllBytes();
    return new FileStat(file.length, 0100644, 0);
  }

  @Override
  public Listing listFiles(String path, int most) {
    return new Listing(entries, entries.size());
  }

  @Override
  public String consoleTail() {
    return "";
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
