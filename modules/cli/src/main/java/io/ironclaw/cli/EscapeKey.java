package io.ironclaw.cli;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * The way out of a terminal whose guest does not react, as Ctrl-C belongs to the guest there:
 * Ctrl-] three times in a row, alone. Each of them is passed on too.
 */
final class EscapeKey extends FilterInputStream {
  private static final int KEY = 0x1d;
  private static final int TIMES = 3;

  private final Runnable onEscape;
  private int seen;

  EscapeKey(InputStream in, Runnable onEscape) {
    super(in);
    this.onEscape = onEscape;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int n = super.read(buffer, offset, length);
    for (int i = offset; i < offset + n; i++) {
      seen = buffer[i] == KEY ? seen + 1 : 0;
      if (seen == TIMES) {
        onEscape.run();
      }
    }
    return n;
  }
}
