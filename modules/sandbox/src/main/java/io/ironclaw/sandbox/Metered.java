package io.ironclaw.sandbox;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Streams whose bytes are seen by a meter as they pass. */
final class Metered {
  private Metered() {}

  /** Sees what has passed. */
  @FunctionalInterface
  interface Meter {
    void passed(byte[] bytes, int offset, int length);
  }

  static InputStream in(InputStream from, Meter meter) {
    return new FilterInputStream(from) {
      @Override
      public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        int read = in.read(bytes, offset, length);
        if (read > 0) {
          meter.passed(bytes, offset, read);
        }
        return read;
      }
    };
  }

  static OutputStream out(OutputStream to, Meter meter) {
    return new FilterOutputStream(to) {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
        meter.passed(bytes, offset, length);
      }

      @Override
      public void close() throws IOException {
        // Not as the class above does, which flushes first and adds what that threw.
        out.close();
      }
    };
  }
}
