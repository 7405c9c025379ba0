package io.ironclaw.cli;

import io.ironclaw.api.TerminalSize;
import java.io.IOException;
import java.util.EnumSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** The user's terminal through JLine; the only class that loads JLine. */
final class JLineTerminal implements Terminals.UserTerminal {
  private static final TerminalSize FALLBACK = new TerminalSize(24, 80);
  private static final int MOST = 0xffff;

  private final Terminal terminal;
  private final Attributes found;
  private final AtomicBoolean closed = new AtomicBoolean();

  private JLineTerminal(Terminal terminal) {
    this.terminal = terminal;
    this.found = terminal.getAttributes();
  }

  static JLineTerminal open() throws IOException {
    var terminal =
        TerminalBuilder.builder()
            .system(true)
            .dumb(false)
            // Signals are ours: JLine would handle them for a line editor.
            .nativeSignals(false)
            // JLine would ask the terminal, and its answer would be typed into the guest.
            .graphemeCluster(false)
            .build();
    return new JLineTerminal(terminal);
  }

  @Override
  public TerminalSize size() {
    var size = terminal.getSize();
    int rows = size.getRows();
    int columns = size.getColumns();
    return rows < 1 || columns < 1
        ? FALLBACK
        : new TerminalSize(Math.min(rows, MOST), Math.min(columns, MOST));
  }

  @Override
  public void raw() {
    if (closed.get()) {
      return;
    }
    var raw = new Attributes(found);
    raw.setInputFlags(EnumSet.noneOf(Attributes.InputFlag.class));
    raw.setOutputFlag(Attributes.OutputFlag.OPOST, false);
    for (var flag :
        new Attributes.LocalFlag[] {
          Attributes.LocalFlag.ICANON,
          Attributes.LocalFlag.ECHO,
          Attributes.LocalFlag.ECHONL,
          Attributes.LocalFlag.ISIG,
          Attributes.LocalFlag.IEXTEN
        }) {
      raw.setLocalFlag(flag, false);
    }
    raw.setControlChar(Attributes.ControlChar.VMIN, 1);
    raw.setControlChar(Attributes.ControlChar.VTIME, 0);
    terminal.setAttributes(raw);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      terminal.setAttributes(found);
    }
  }
}
