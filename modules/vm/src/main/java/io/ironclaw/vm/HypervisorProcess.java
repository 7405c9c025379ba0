package io.ironclaw.vm;

import io.ironclaw.api.HostException;
import io.ironclaw.api.VmStartException;
import io.ironclaw.host.BoundedLog;
import io.ironclaw.host.IoThread;
import io.ironclaw.jail.Launched;
import io.ironclaw.jail.Launcher;
import io.ironclaw.jail.ProcessPlan;
import io.ironclaw.jail.Reading;
import io.ironclaw.jail.SeccompRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A hypervisor's process, and what it says: its own words and its guest's console, in one bounded
 * log. Safe for many threads.
 */
public final class HypervisorProcess {
  /** How its end is told, from its name to its status. */
  static final String ENDED = " ended with status ";

  private static final Duration REAP = Duration.ofSeconds(5);
  private static final Duration LAST_WORDS = Duration.ofMillis(500);

  private final String name;
  private final Launched launched;
  private final BoundedLog log;
  private final Thread pump;

  private HypervisorProcess(String name, Launched launched, BoundedLog log, Thread pump) {
    this.name = name;
    this.launched = launched;
    this.log = log;
    this.pump = pump;
  }

  /**
   * Starts it.
   *
   * @param name of the hypervisor, for messages
   * @param logs the folder of the log
   */
  public static HypervisorProcess start(
      String name, Launcher launcher, MachineId id, ProcessPlan plan, Path logs)
      throws HostException {
    var log = new BoundedLog(logs.resolve(id + ".log"));
    var launched = launcher.launch(plan);
    var pump = IoThread.start("console-" + id, () -> pump(launched.process(), log));
    return new HypervisorProcess(name, launched, log, pump);
  }

  private static void pump(Process process, BoundedLog log) {
    try (var out = process.getInputStream()) {
      log.pump(out);
    } catch (IOException _) {
      // The hypervisor is gone; what it said is in the log.
    }
  }

  /** Tells how it ended, as soon as it has. */
  public void whenEnded(Consumer<String> told) {
    var _ = launched.process().onExit().thenAccept(p -> told.accept(end(p.exitValue())));
  }

  /** How it ended; empty if it runs. */
  public Optional<String> end() {
    return launched.process().isAlive()
        ? Optional.empty()
        : Optional.of(end(launched.process().exitValue()));
  }

  /** How it ended, if it did so just now: its sockets are gone a moment before it is. */
  public Optional<String> endJustNow() {
    try {
      boolean _ = awaitExit(Machine.JUST_NOW).isPresent();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    return end();
  }

  private String end(int status) {
    return launched
        .causeOfDeath(status)
        .map(cause -> name + " " + cause)
        .orElse(name + ENDED + status);
  }

  /** A path of the program's own view of its files; only for root, or whoever it runs as. */
  public Path seen(String path) throws HostException {
    return Path.of("/proc", Long.toString(pid()), "root").resolve(path.substring(1));
  }

  /**
   * The user that the program runs as, by number.
   *
   * @throws HostException if it has none of its own
   */
  public long user() throws HostException {
    return launched
        .user()
        .orElseThrow(() -> new HostException(name + " runs as whoever started it"));
  }

  /** See {@link Launched#settled}. */
  public void settled() {
    launched.settled();
  }

  /** See {@link Launched#pid}. */
  public long pid() throws HostException {
    return launched.pid();
  }

  /** See {@link Machine#confinement}. */
  public List<Reading> confinement() throws HostException {
    return launched.readings();
  }

  /** See {@link Machine#causeOfDeath}. */
  public Optional<String> causeOfDeath(int status) {
    return launched.causeOfDeath(status);
  }

  /** See {@link Machine#violation}. */
  public Optional<SeccompRecord> violation(int status) {
    return launched.violation(status);
  }

  /** See {@link Machine#awaitExit}. */
  public OptionalInt awaitExit(Duration limit) throws InterruptedException {
    if (!launched.process().waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      return OptionalInt.empty();
    }
    pump.join(LAST_WORDS);
    return OptionalInt.of(launched.process().exitValue());
  }

  /** See {@link Machine#consoleTail}. */
  public String tail() {
    return log.tail();
  }

  /** What it said last, to end a message with. */
  public String lastWords() {
    String tail = log.tail();
    return tail.isEmpty()
        ? "; its console said nothing"
        : "; its console said last:\n" + tail + "\n(all of it: " + log.file() + ")";
  }

  /**
   * Ends one whose guest has not run yet, and gives the error of that.
   *
   * @throws HostException if not the hypervisor failed, but what should have confined it
   */
  public VmStartException failed(Exception cause) throws HostException {
    reap();
    // No guest has run, so what was printed is nobody's but its jail's.
    var refusal = launched.refusal(log.tail());
    if (refusal.isPresent()) {
      throw refusal.get();
    }
    return new VmStartException(
        "VM did not start: "
            + Optional.ofNullable(cause.getMessage()).orElse(cause.toString())
            + lastWords(),
        cause);
  }

  /**
   * Kills it and waits until it is gone, whether this thread was interrupted or not: what follows
   * removes its folder. An interrupt is kept for the caller.
   */
  public void reap() {
    launched.kill();
    boolean interrupted = Thread.interrupted();
    try {
      boolean _ = launched.awaitEnd(REAP);
      pump.join(LAST_WORDS);
    } catch (InterruptedException _) {
      interrupted = true;
    }
    try {
      log.close();
    } catch (IOException _) {
      // The console's file is best effort; its tail is in memory.
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
