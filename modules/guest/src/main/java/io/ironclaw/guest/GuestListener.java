package io.ironclaw.guest;

import io.ironclaw.api.GuestException;

/** A port in the guest, on its loopback, whose connections come to the host as streams. */
public final class GuestListener implements AutoCloseable {
  private final GuestConnection connection;
  private final GuestStream stream;
  private final int port;

  GuestListener(GuestConnection connection, GuestStream stream, int port) {
    this.connection = connection;
    this.stream = stream;
    this.port = port;
  }

  /** Where programs in the guest connect to, on 127.0.0.1. */
  public int port() {
    return port;
  }

  /** Takes no connection any more; those that are open go on. */
  @Override
  public void close() {
    try {
      connection.kill(stream);
    } catch (GuestException _) {
      // The connection has ended, and every listener with it.
    }
  }
}
