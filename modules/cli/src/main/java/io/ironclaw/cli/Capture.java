package io.ironclaw.cli;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.util.Objects;

/** Keeps the first MiB of a stream and counts the rest. For one writing thread. */
final class Capture extends OutputStream {
  static final int MOST = 1 << 20;

  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private long total;

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    kept.write(bytes, offset, Math.min(length, MOST - kept.size()));
    total += length;
  }

  byte[] bytes() {
    return kept.toByteArray();
  }

  /** Bytes written, kept or not. */
  long total() {
    return total;
  }

  boolean truncated() {
    return total > kept.size();
  }
}
