package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** A process that was started, with whatever was started around it. Safe for many threads. */
public interface Launched {
  /** Ends when all of it has ended; stdout and stderr are one pipe. */
  Process process();

  /**
   * The process id of the program itself, as this host sees it. To be asked for once the program
   * has shown that it runs.
   *
   * @throws HostException if it does not run any more
   */
  long pid() throws HostException;

  /** The user id that the program has of its own; empty if it has that of whoever started it. */
  OptionalLong user();

  /** The program runs and has what it needs: what was put up for its start is taken away. */
  void settled();

  /**
   * Why it ended, if not the program ended but what should have confined it could not.
   *
   * @param output what it printed before the program had shown that it runs
   */
  Optional<HostException> refusal(String output);

  /**
   * What killed it, if that was not us, in words that go on after "the hypervisor"; empty if the
   * status says all that is known.
   *
   * @param status that the process has ended with
   */
  Optional<String> causeOfDeath(int status);

  /**
   * The call that its filter has killed it for, as the kernel noted it; empty if it did not, or
   * does not tell.
   *
   * @param status that the process has ended with
   */
  default Optional<SeccompRecord> violation(int status) {
    return Optional.empty();
  }

  /** Kills all of it. The process ends soon after. */
  void kill();

  /**
   * Waits until all of it has ended and nothing is left of it.
   *
   * @return false if that takes longer than {@code limit}
   */
  boolean awaitEnd(Duration limit) throws InterruptedException;

  /**
   * Reads from the kernel what confines it now.
   *
   * @throws HostException if that can't be read
   */
  List<Reading> readings() throws HostException;
}
