package io.ironclaw.vm.firecracker;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmStartException;
import io.ironclaw.guest.GuestAgent;
import io.ironclaw.guest.Watchdog;
import io.ironclaw.jail.Reading;
import io.ironclaw.vm.Devices;
import io.ironclaw.vm.HypervisorProcess;
import io.ironclaw.vm.Machine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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

  /** Where the agent listens in the guest (docs/guest-protocol.md). */
  private static final int AGENT_PORT = 1_024;

  private static final int MOST_GREETING = 32;
  private static final String GREETING = "OK ";

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final HypervisorProcess process;
  private final Devices planned;
  private final boolean hardware;
  private final Api api;
  private final Path saved;
  private Optional<GuestAgent> agent = Optional.empty();

  private FirecrackerMachine(
      HypervisorProcess process, Devices planned, boolean hardware, Api api, Path saved) {
    this.process = process;
    this.planned = planned;
    this.hardware = hardware;
    this.api = api;
    this.saved = saved;
  }

  /**
   * Connects to the API of a process that was just started.
   *
   * @param saved where its device state is written, if it is to be saved
   */
  static FirecrackerMachine over(HypervisorProcess process, Devices planned, Path saved)
      throws VmStartException, HostException {
    try {
      var stream = connect(process, API_SOCKET);
      return new FirecrackerMachine(process, planned, true, new Api(stream), saved);
    } catch (VmStartException e) {
      throw process.failed(e);
    }
  }

  /**
   * By the process's own view of its files: the path is short wherever the jail is. That view may
   * be changed by whoever has taken Firecracker over, so the peer is looked at.
   */
  private static UnixStream connect(HypervisorProcess process, String socket)
      throws VmStartException, HostException {
    return UnixStream.connect(() -> process.seen(socket), process.user(), process::end, CONNECT);
  }

  Api api() {
    return api;
  }

  /** Where its device state is, once it was saved. */
  Path saved() {
    return saved;
  }

  /** A connection to the guest's agent that the guest has yet to answer. */
  UnixStream dial() throws VmStartException, HostException {
    var stream = connect(process, VSOCK_SOCKET);
    boolean done = false;
    try {
      stream.within(ANSWER);
      // In one write: Firecracker reads it at once or not at all (its docs/vsock.md).
      stream.write(("CONNECT " + AGENT_PORT + "\n").getBytes(StandardCharsets.US_ASCII));
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
   * Waits until the guest has taken a connection, and talks to its agent over it.
   *
   * @param deadline of a guest that may still be booting
   */
  void answered(String name, UnixStream stream, Watchdog watchdog, Duration deadline)
      throws VmStartException {
    try {
      stream.within(deadline);
      var line = new StringBuilder();
      for (int next = stream.in().read(); next != '\n'; next = stream.in().read()) {
        if (next < 0 || line.length() == MOST_GREETING) {
          throw new IOException(
              next < 0 ? "its guest takes no connection" : "it answers " + Printable.of("" + line));
        }
        line.append((char) next);
      }
      if (!line.toString().startsWith(GREETING)) {
        throw new IOException("it answers " + Printable.of(line.toString()));
      }
      agent = Optional.of(GuestAgent.over(name, stream.release(), watchdog));
    } catch (IOException e) {
      stream.close();
      throw new VmStartException(
          "Firecracker's guest can't be reached: "
              + e.getMessage()
              + process.end().map(why -> "; " + why).orElse(""),
          e);
    }
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
    return new Account(FirecrackerDevices.of(api.get("/vm/config", ANSWER)), hardware);
  }

  @Override
  public List<Reading> confinement() throws HostException {
    return process.confinement();
  }

  @Override
  public Optional<String> causeOfDeath(int status) {
    return process.causeOfDeath(status);
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
