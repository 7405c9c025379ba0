package io.ironclaw.vm;

import io.ironclaw.guest.GuestAgent;
import java.time.Duration;
import java.util.OptionalInt;

/** A hypervisor process with a guest in it. Safe for many threads. */
public interface Machine extends AutoCloseable {
  GuestAgent agent();

  /** The hypervisor's process id. */
  long pid();

  /** The console's newest output, printable. */
  String consoleTail();

  /** Waits for the hypervisor's end; its exit status, or empty after {@code limit}. */
  OptionalInt awaitExit(Duration limit) throws InterruptedException;

  /** Kills the hypervisor and waits until it is gone. */
  @Override
  void close();
}
