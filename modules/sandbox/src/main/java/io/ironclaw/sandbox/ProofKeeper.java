package io.ironclaw.sandbox;

import io.ironclaw.api.Event;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.Verdict;
import io.ironclaw.host.IoThread;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.proof.Documents;
import io.ironclaw.proof.Proof;
import io.ironclaw.vm.Ready;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The proofs of one VM: made of what was read, filed and announced. The writing is done beside the
 * VM's first command, which does not wait for it. Safe for many threads.
 */
final class ProofKeeper implements AutoCloseable {
  private static final Duration FILING = Duration.ofSeconds(5);

  private final Proof proof;
  private final Ready ready;
  private final SpawnReport spawn;
  private final Instant at = Instant.now();
  private final Path folder;
  private final ProofArchive archive;
  private final EventSink events;
  private Optional<IsolationProof> handOut = Optional.empty();
  private Optional<Thread> filing = Optional.empty();
  private Optional<Desk> desk = Optional.empty();
  private boolean closed;

  ProofKeeper(
      Proof proof,
      Ready ready,
      SpawnReport spawn,
      Path folder,
      ProofArchive archive,
      EventSink events) {
    this.proof = proof;
    this.ready = ready;
    this.spawn = spawn;
    this.folder = folder;
    this.archive = archive;
    this.events = events;
  }

  synchronized IsolationProof handOut() throws HostException {
    var made = handOut;
    if (made.isEmpty()) {
      made = Optional.of(Documents.ofHandOut(ready, spawn, at));
      handOut = made;
    }
    return made.get();
  }

  IsolationProof again() throws IronClawException {
    var readings = proof.again(ready);
    var document = Documents.ofRecheck(ready, spawn, readings, handOut(), Instant.now());
    file(document);
    return document;
  }

  /** Files the first, and opens the desk. */
  synchronized void begin(ProofDesk.Proving proving) {
    filing = Optional.of(IoThread.start("proof-" + spawn.id(), () -> begun(proving)));
  }

  private void begun(ProofDesk.Proving proving) {
    try {
      file(handOut());
      openDesk(proving);
    } catch (HostException | IOException e) {
      missing("nobody can ask for the proof of VM ", e);
    }
  }

  /** The VM is as well isolated without; whoever wants to read of it later is told why not. */
  private void missing(String what, Exception e) {
    String reason =
        e instanceof IOException io ? PrivateDir.reason(io) : String.valueOf(e.getMessage());
    events.publish(new Event.LeftBehind(what + spawn.id(), reason));
  }

  private synchronized void openDesk(ProofDesk.Proving proving) throws IOException {
    if (!closed) {
      desk =
          Optional.of(
              ProofDesk.open(
                  folder,
                  proving,
                  user -> events.publish(new Event.Asked(spawn.id(), "proof", user))));
    }
  }

  private void file(IsolationProof document) {
    events.publish(
        new Event.Proven(
            spawn.id(),
            document.occasion(),
            document.sha256(),
            document.count(Verdict.PROVEN),
            document.count(Verdict.ABSENT)));
    try {
      archive.file(document);
    } catch (IOException | HostException e) {
      missing("not filed is the proof of VM ", e);
    }
  }

  private synchronized Optional<Thread> end() {
    closed = true;
    desk.ifPresent(Desk::close);
    return filing;
  }

  /** Waits until the first is filed: a VM that was there for a moment has a proof, too. */
  @Override
  public void close() {
    end()
        .filter(thread -> thread != Thread.currentThread())
        .ifPresent(thread -> {
          try {
            boolean _ = thread.join(FILING);
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          }
        });
  }
}
