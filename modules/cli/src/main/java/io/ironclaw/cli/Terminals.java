package io.ironclaw.cli;

import io.ironclaw.api.TerminalSize;
import java.io.IOException;

/** The terminal that the user sits at. */
interface Terminals {
  /** True if stdin is a terminal. */
  boolean onStdin();

  /** Opens the terminal of stdin. */
  UserTerminal open() throws IOException;

  /** A terminal whose mode can be changed; closing it gives back the mode that it was found in. */
  interface UserTerminal extends AutoCloseable {
    TerminalSize size();

    /** Every key is passed on as it is, Ctrl-C too, and nothing is echoed. May be repeated. */
    void raw();

    @Override
    void close();
  }
}
