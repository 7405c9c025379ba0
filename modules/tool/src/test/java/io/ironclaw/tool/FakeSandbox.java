package io.ironclaw.tool;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.Execution;
import io.ironclaw.api.FileStat;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.Verdict;
import io.ironclaw.api.VmDiedException;
import io.ironclaw.api.VmId;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A VM with one empty folder, which may be dead. */
final class FakeSandbox implements Sandbox {
  private final VmId id = VmId.random();
  volatile boolean open = true;
  volatile boolean dies;

  @Override
  public VmId id() {
    return id;
  }

  @Override
  public SpawnReport spawn() {
    return new SpawnReport(
        id,
        SpawnReport.How.CLONE,
        "fake",
        Acceleration.EMULATED,
        Optional.empty(),
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
    return open;
  }

  @Override
  public Execution start(ExecSpec spec) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileStat readFile(String path, long offset, long most, OutputStream to) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileStat writeFile(String path, int mode, boolean createParents, InputStream from)
      throws IOException {
    throw new IOException("no space");
  }

  @Override
  public Listing listFiles(String path, int most) throws IronClawException {
    if (dies) {
      throw new VmDiedException("VM " + id + " died");
    }
    return new Listing(List.of(), 0);
  }

  @Override
  public String consoleTail() {
    return "";
  }

  @Override
  public void close() {
    open = false;
  }
}
