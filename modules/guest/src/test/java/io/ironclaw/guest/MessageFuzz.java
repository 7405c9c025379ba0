package io.ironclaw.guest;

import io.ironclaw.api.GuestRefusedException;
import io.ironclaw.api.ProtocolException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;

/** The typed messages: any frames are messages within their bounds, or a breach. */
public final class MessageFuzz {
  private MessageFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] data) {
    var reader = new FrameReader(Channels.newChannel(new ByteArrayInputStream(data)));
    try {
      while (true) {
        var frame = reader.next();
        if (GuestMessage.of(frame) instanceof GuestMessage.Data bytes) {
          listing(bytes.bytes());
        }
      }
    } catch (ProtocolException _) {
      // A breach, told.
    } catch (IOException _) {
      // The end.
    }
  }

  private static void listing(byte[] bytes) throws IOException {
    try {
      int entries = FileListing.read(new ByteArrayInputStream(bytes), 100, "list").size();
      if (entries > 100) {
        throw new AssertionError(entries + " entries of 100");
      }
    } catch (ProtocolException | GuestRefusedException _) {
      // Told.
    }
  }
}
