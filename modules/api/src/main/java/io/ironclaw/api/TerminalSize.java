package io.ironclaw.api;

/** Rows and columns, each 1 to 65,535. */
public record TerminalSize(int rows, int columns) {
  public TerminalSize {
    if (rows < 1 || rows > 0xffff || columns < 1 || columns > 0xffff) {
      throw new IllegalArgumentException(
          "terminal of " + rows + " x " + columns + ": each side is 1 to 65535");
    }
  }
}
