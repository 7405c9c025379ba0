package io.ironclaw.vm.firecracker;

import io.ironclaw.api.GuestUnresponsiveException;
import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Verdict;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmStartException;
import io.ironclaw.guest.GuestAgent;
import io.ironclaw.guest.Watchdog;
import io.ironclaw.jail.Reading;
import io.ironclaw.jail.SeccompRecord;
import io.ironclaw.vm.Devices;
import io.ironclaw.vm.HypervisorProcess;
import io.ironclaw.vm.LaunchPlan;
import io.ironclaw.vm.Machine;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A Firecracker process with a connection to its API and, once there is a guest, one to that. Both
 * are made before the guest runs.
 */
final class FirecrackerMachine implements Machine {
  static final String NAME = "Firecracker";

  /** In its jail. */
  static final String API_SOCKET = "/run/api";

  /** In its jail; Firecracker's own name for the host's end of the channel. */
  static final String VSOCK_SOCKET = "/run/vsock";

  private static final int MOST_GREETING = 32;
  private static final String GREETING = "OK ";

  private final HypervisorProcess process;
  private final Devices planned;
  private final LaunchPlan plan;
  private final String program;
  private final Api api;
  private final Waits waits;
  private Optional<GuestAgent> agent = Optional.empty();

  private FirecrackerMachine(
      HypervisorProcess process, LaunchPlan plan, String program, Api api, Waits waits) {
    this.process = process;
    this.planned = FirecrackerDevices.planned(plan);
    this.plan = plan;
    this.program = program;
    this.api = api;
    this.waits = waits;
  }

  /**
   * Connects to the API of a process that was just started.
   *
   * @param program the name of its file
   */
  static FirecrackerMachine over(
      HypervisorProcess process, LaunchPlan plan, String program, Waits waits)
      throws VmStartException, HostException {
    try {
      var stream = connect(process, API_SOCKET, waits);
      return new FirecrackerMachine(process, plan, program, new Api(stream), waits);
    } catch (VmStartException e) {
      throw process.failed(e);
    } catch (HostException e) {
      process.reap();
      throw e;
    }
  }

  /**
   * By the process's own view of its files: the path is short wherever the jail is. That view may
   * be changed by whoever has taken Firecracker over, so the peer is looked at.
   */
  private static UnixStream connect(HypervisorProcess process, String socket, Waits waits)
      throws VmStartException, HostException {
    return UnixStream.connect(
        () -> process.seen(socket), process.user(), process::end, waits.connect());
  }

  Api api() {
    return api;
  }

  LaunchPlan plan() {
    return plan;
  }

  /** A connection to the guest's agent that the guest has yet to answer. */
  UnixStream dial() throws VmStartException, HostException {
    var stream = connect(process, VSOCK_SOCKET, waits);
    boolean done = false;
    try {
      stream.within(waits.answer());
      // In one write: Firecracker reads it at once or not at all (its docs/vsock.md).
      stream.write(("CONNECT " + GuestAgent.VSOCK_PORT + "\n").getBytes(StandardCharsets.US_ASCII));
      done = true;
      return stream;
    } catch (IOException e) {
      throw new VmStartException("Firecracker does not take a connection: " + e.getMessage(), e);
    } finally {
      if (!done) {
        stream.close();
      }
    }
  }

  /**
   * Waits until the guest, which may still be booting, has taken a connection, and talks to its
   * agent over it. One that the guest refused, as nobody listened there yet or a snapshot has cut
   * it, is tried again.
   *
   * @param first made before the guest ran
   * @throws GuestUnresponsiveException if it does not in time
   */
  void answered(String name, UnixStream first, Watchdog watchdog)
      throws VmStartException, HostException, GuestUnresponsiveException {
    long end = System.nanoTime() + waits.guest().toNanos();
    var stream = first;
    while (true) {
      try {
        stream.within(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
        if (isTaken(stream)) {
          agent = Optional.of(GuestAgent.over(name, stream.release(), watchdog));
          return;
        }
        stream.close();
      } catch (SocketTimeoutException _) {
        stream.close();
        throw new GuestUnresponsiveException("answer on its channel", waits.guest());
      } catch (IOException e) {
        stream.close();
        throw unreached(String.valueOf(e.getMessage()), e);
      }
      if (process.endJustNow().isPresent()) {
        throw unreached("it takes no connection", new EOFException());
      }
      if (System.nanoTime() > end) {
        throw new GuestUnresponsiveException("listener on its channel", waits.guest());
      }
      stream = dial();
    }
  }

  /**
   * Whether Firecracker says that the guest has; false if the guest refused.
   *
   * @throws IOException if it says something else, or nothing in time
   */
  private static boolean isTaken(UnixStream stream) throws IOException {
    var line = new StringBuilder();
    while (line.length() < MOST_GREETING) {
      int next;
      try {
        next = stream.in().read();
      } catch (SocketException _) {
        // It hung up with something unread.
        next = -1;
      }
      if (next < 0) {
        return false;
      }
      if (next == '\n') {
        break;
      }
      line.append((char) next);
    }
    if (!line.toString().startsWith(GREETING)) {
      throw new IOException("Firecracker answers " + Printable.of(line.toString()));
    }
    return true;
  }

  private VmStartException unreached(String why, IOException cause) {
    return new VmStartException(
        "Firecracker's guest can't be reached: "
            + why
            + process.endJustNow().map(end -> "; " + end).orElse(""),
        cause);
  }

  void settled() {
    process.settled();
  }

  @Override
  public GuestAgent agent() {
    return agent.orElseThrow(() -> new IllegalStateException("it has no guest yet"));
  }

  @Override
  public long pid() throws HostException {
    return process.pid();
  }

  @Override
  public String consoleTail() {
    return process.tail();
  }

  @Override
  public String lastWords() {
    return process.lastWords();
  }

  @Override
  public Devices planned() {
    return planned;
  }

  @Override
  public synchronized Account account() throws VmException {
    var devices = FirecrackerDevices.of(api.get("/vm/config", waits.answer()));
    try {
      return new Account(devices, Threads.vcpus(pid()) == plan.shape().vcpus());
    } catch (HostException e) {
      throw new VmStartException(e.getMessage(), e);
    }
  }

  @Override
  public List<Reading> confinement() throws HostException {
    var words = Threads.commandLine(pid());
    var names = Threads.of(pid());
    var fault =
        Threads.fault(names, program, plan.shape().vcpus()).or(() -> Threads.unfiltered(words));
    return process.confinement().stream()
        .map(
            reading -> reading.item() == ProofItem.SECCOMP ? named(reading, names, fault) : reading)
        .toList();
  }

  /** Each thread has a filter; now: that of its kind, as there is no other thread. */
  private static Reading named(Reading reading, List<String> names, Optional<String> fault) {
    if (reading.verdict() == Verdict.FAILED) {
      return reading;
    }
    return fault
        .map(why -> Reading.failed(reading.item(), why))
        .orElseGet(() ->
            new Reading(
                reading.item(),
                reading.verdict(),
                () -> reading.text().get() + ": " + names,
                reading.nanos()));
  }

  @Override
  public Optional<String> causeOfDeath(int status) {
    return process.causeOfDeath(status);
  }

  @Override
  public Optional<SeccompRecord> violation(int status) {
    return process.violation(status);
  }

  @Override
  public OptionalInt awaitExit(Duration limit) throws InterruptedException {
    return process.awaitExit(limit);
  }

  @Override
  public void close() {
    agent.ifPresent(GuestAgent::close);
    api.close();
    process.reap();
  }
}
