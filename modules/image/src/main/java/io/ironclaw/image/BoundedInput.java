package io.ironclaw.image;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serial;

/**
 * Fails when a stream turns out longer than it may be, a guard against archive bombs, and tells
 * errors of reading it from those of writing elsewhere.
 */
final class BoundedInput extends FilterInputStream {
  private final long limit;
  private long count;

  /** The stream is damaged or too long. */
  static final class Damaged extends IOException {
    @Serial private static final long serialVersionUID = 1L;

    Damaged(String message) {
      super(message);
    }

    Damaged(IOException cause) {
      super(String.valueOf(cause.getMessage()), cause);
    }
  }

  BoundedInput(InputStream in, long limit) {
    super(in);
    this.limit = limit;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int n;
    try {
      n = in.read(buffer, offset, length);
    } catch (IOException e) {
      throw new Damaged(e);
    } catch (RuntimeException e) {
      // Decompressors report damage with several unchecked types.
      throw new Damaged(new IOException(e));
    }
    count += Math.max(n, 0);
    if (count > limit) {
      throw new Damaged("it unpacks to more than " + limit + " bytes");
    }
    return n;
  }

  @Override
  public long skip(long n) throws IOException {
    // Read, so that what is skipped counts too.
    var buffer = new byte[(int) Math.min(n, 1 << 16)];
    long skipped = 0;
    while (skipped < n) {
      int got = read(buffer, 0, (int) Math.min(n - skipped, buffer.length));
      if (got < 0) {
        break;
      }
      skipped += got;
    }
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
