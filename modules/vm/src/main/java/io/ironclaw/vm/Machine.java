package io.ironclaw.vm;

import io.ironclaw.api.HostException;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmStartException;
import io.ironclaw.guest.GuestAgent;
import io.ironclaw.jail.Reading;
import io.ironclaw.jail.SeccompRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A hypervisor process with a guest in it. Safe for many threads. */
public interface Machine extends AutoCloseable {
  /** From the end of a connection to the end of the process. */
  Duration JUST_NOW = Duration.ofMillis(200);

  GuestAgent agent();

  /** The hypervisor's process id, as the host sees it. */
  long pid() throws HostException;

  /** The console's newest output, printable. */
  String consoleTail();

  /** What the hypervisor says of its machine; asks it. */
  Account account() throws VmException;

  /** The devices that it was started with. */
  Devices planned();

  /**
   * What a hypervisor says of its machine.
   *
   * @param hardware whether it uses the CPU's virtualization
   */
  record Account(Devices devices, boolean hardware) {}

  /** What confines the hypervisor's process; reads it from the kernel. */
  List<Reading> confinement() throws HostException;

  /** Waits for the hypervisor's end; its exit status, or empty after {@code limit}. */
  OptionalInt awaitExit(Duration limit) throws InterruptedException;

  /**
   * What killed the hypervisor, in words that go on after "the hypervisor"; empty if its status
   * says all that is known.
   */
  default Optional<String> causeOfDeath(int status) {
    return Optional.empty();
  }

  /** The call that its filter has killed the hypervisor for; empty if none did, or none is told. */
  default Optional<SeccompRecord> violation(int status) {
    return Optional.empty();
  }

  /** Kills the hypervisor and waits until it is gone. */
  @Override
  void close();

  /** What the console said last, to end a message with. */
  default String lastWords() {
    String tail = consoleTail();
    return tail.isEmpty() ? "; its console said nothing" : "; its console said last:\n" + tail;
  }

  /** Closes a machine that did not come up, and gives the error of that. */
  default VmStartException failed(Exception cause) {
    var died = died();
    close();
    return new VmStartException(
        "VM did not start: "
            + Optional.ofNullable(cause.getMessage()).orElse(cause.toString())
            + died.map(why -> "; the hypervisor " + why).orElse("")
            + lastWords(),
        cause);
  }

  /** What killed it, if something did just now. */
  private Optional<String> died() {
    try {
      var status = awaitExit(JUST_NOW);
      return status.isPresent() ? causeOfDeath(status.getAsInt()) : Optional.empty();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
