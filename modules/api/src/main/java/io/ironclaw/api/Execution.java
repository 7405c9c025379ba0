package io.ironclaw.api;

import java.io.InputStream;
import java.io.OutputStream;

/**
 * A command that runs in a sandbox. Streams block; a reader that stops blocks the command, never
 * the host's memory (at most 1 MiB a stream wait here). Reads and writes throw an {@code
 * IOException} that says so when the VM has died. Closing an execution that still runs kills it.
 */
public interface Execution extends AutoCloseable {
  /** What the command wrote to stdout; with a terminal, all of it. */
  InputStream stdout();

  /** What the command wrote to stderr. */
  InputStream stderr();

  /** The command's stdin; closing it is the command's end of file. */
  OutputStream stdin();

  /** Sends a signal, 1 to 64, to the command's process group. */
  void signal(int signal) throws IronClawException;

  /** Tells the command's terminal its new size. */
  void resize(TerminalSize size) throws IronClawException;

  /** Kills the command and everything it started. It still ends with an outcome. */
  void kill() throws IronClawException;

  /**
   * Waits for the end. Unread output is thrown away only by {@link #close}: a caller that does not
   * read a chatty command's output waits here until its time limit.
   *
   * @throws IronClawException within 2 s of the guest's or the hypervisor's death
   */
  ExecOutcome await() throws IronClawException, InterruptedException;

  @Override
  void close();
}
