package io.ironclaw.cli;

/** The signals that this process gets. */
interface Signals extends AutoCloseable {
  /**
   * From now on, {@code handler} runs each time the signal comes, on the one thread that does
   * nothing else. A signal without a handler does nothing.
   *
   * @param name as in {@code kill -l}, without SIG
   */
  void handle(String name, Runnable handler);

  /** Starts to act on signals, those first that came before. */
  void listen();

  /** Stops this process, as the terminal's stop key does; returns when it was continued. */
  void stopProcess();

  /** Acts on no signal any more. */
  @Override
  void close();
}
