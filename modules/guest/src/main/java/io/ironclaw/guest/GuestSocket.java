package io.ironclaw.guest;

import io.ironclaw.api.GuestException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * A connection that a program in the guest has opened. Reads and writes block, bound by credit;
 * closing the output is the end of file for the guest, and its own end of file is the input's. What
 * comes in is hostile.
 */
public final class GuestSocket implements AutoCloseable {
  private final GuestConnection connection;
  private final GuestStream stream;

  GuestSocket(GuestConnection connection, GuestStream stream) {
    this.connection = connection;
    this.stream = stream;
  }

  /** What the guest sends. */
  public InputStream in() {
    return stream.stdout();
  }

  /** What the guest gets. */
  public OutputStream out() {
    return stream.stdin();
  }

  /** Ends it for both sides, whatever waits. */
  @Override
  public void close() {
    stream.stdout().close();
    try {
      connection.kill(stream);
    } catch (GuestException _) {
      // The connection has ended, and every socket with it.
    }
  }
}
