package io.ironclaw.audit;

import io.ironclaw.api.AuditEntry;
import io.ironclaw.api.AuditKind;
import io.ironclaw.api.AuditTrail;
import io.ironclaw.api.Event;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.HostException;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The audit of one process: enters events in a ring in memory, and in a log if there is one. Safe
 * for many threads.
 */
public final class Audit implements EventSink, AuditTrail, AutoCloseable {
  /** Of the entries in memory. */
  static final long MOST_BYTES = 8L << 20;

  private final Optional<AuditSettings> settings;
  private final Clock clock;
  private final Consumer<String> failing;
  private final Ring ring;
  private final Folding folding = new Folding(this::pass);
  private final Optional<LogWriter> writer;
  private long ticket;

  /**
   * @param settings of the log; empty = there is none
   * @param failing told when the log can't be written, and when it can be again
   */
  public Audit(Optional<AuditSettings> settings, Consumer<String> failing) {
    this(settings, failing, Clock.systemUTC());
  }

  Audit(Optional<AuditSettings> settings, Consumer<String> failing, Clock clock) {
    this.settings = settings;
    this.clock = clock;
    this.failing = failing;
    ring =
        new Ring(
            settings.map(AuditSettings::memoryEntries).orElse(AuditSettings.MEMORY_ENTRIES),
            MOST_BYTES);
    writer = settings.map(s -> new LogWriter(s, clock, this::expire, failing));
  }

  /**
   * Signs a log as it is now.
   *
   * @return the newest checkpoint: a line, with its end
   * @throws HostException if there is no log, or it can't be signed
   */
  public static byte[] checkpoint(AuditSettings settings)
      throws HostException, InterruptedException {
    try (var log = new Log(settings, Clock.systemUTC())) {
      var unsigned = log.append(List.of(), Optional.of("asked for"));
      if (unsigned.isPresent()) {
        throw new HostException("the audit can't be signed: " + unsigned.get());
      }
      var made = log.checkpoints();
      if (!made.isEmpty()) {
        return made.getLast();
      }
      byte[] head =
          Head.line(settings)
              .orElseThrow(
                  () -> new HostException("there is no checkpoint in " + settings.keyFolder()));
      return (new String(head, StandardCharsets.US_ASCII) + "\n")
          .getBytes(StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new HostException(
          "the audit in %s can't be signed: %s".formatted(settings.folder(), PrivateDir.reason(e)),
          e);
    }
  }

  @Override
  public void publish(Event event) {
    long until = 0;
    for (var entry : Entries.of(event, clock.instant())) {
      until = enter(Encoded.of(entry));
    }
    if (until > 0 && writer.isPresent()) {
      writer.get().await(until);
    }
  }

  private synchronized long enter(Encoded entry) {
    folding.take(entry, System.nanoTime());
    return ticket;
  }

  private synchronized void expire() {
    folding.expire(System.nanoTime());
  }

  /** What is not a repetition, or is a second's worth of them. */
  private void pass(Encoded entry) {
    ring.add(entry);
    if (writer.isPresent()) {
      ticket = writer.get().offer(entry);
    }
  }

  @Override
  public void requireEntered() throws HostException {
    boolean stops = settings.filter(s -> s.whenFull() == AuditSettings.WhenFull.STOP).isPresent();
    var failure = stops ? writer.flatMap(LogWriter::failure) : Optional.<String>empty();
    if (failure.isPresent()) {
      throw new HostException(
          "nothing is begun that can't be entered in the audit: "
              + failure.get()
              + "; mend that, or let work go on unentered (audit.full = \"go-on\")");
    }
  }

  @Override
  public List<AuditEntry> recent() {
    List<Encoded> entries;
    synchronized (this) {
      folding.expire(System.nanoTime());
      entries = ring.entries();
    }
    return entries.stream().map(Encoded::entry).toList();
  }

  @Override
  public synchronized Map<AuditKind, Long> dropped() {
    return ring.dropped();
  }

  /** Writes what waits, and signs it; what can't be written within seconds is told as lost. */
  @Override
  public void close() {
    synchronized (this) {
      folding.flush();
    }
    if (writer.isPresent()) {
      writer.get().close();
      long lost = writer.get().unwritten();
      if (lost > 0) {
        failing.accept(
            "%d entries of the audit are lost: they could not be written".formatted(lost));
      }
    }
  }
}
