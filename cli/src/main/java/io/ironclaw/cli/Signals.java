package io.ironclaw.cli;

/** The signals that this process gets. */
interface Signals {
  /**
   * From now on, {@code handler} runs on a thread of its own each time the signal comes. A signal
   * that the process was started to ignore (nohup) stays ignored.
   *
   * @param name as in {@code kill -l}, without SIG
   */
  void handle(String name, Runnable handler);

  /**
   * {@code undo} runs when the JVM shuts down by itself: for a signal that nothing handles yet, or
   * a bug. Not before {@link Runtime#halt}.
   */
  void onShutdown(Runnable undo);

  /** From now on the signal does nothing. */
  void ignore(String name);
}
