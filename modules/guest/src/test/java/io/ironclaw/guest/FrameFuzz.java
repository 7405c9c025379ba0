package io.ironclaw.guest;

import io.ironclaw.api.ProtocolException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.util.Arrays;

/** The frame decoder: any bytes are frames that are written back as they were, or a breach. */
public final class FrameFuzz {
  private FrameFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    var reader = new FrameReader(Channels.newChannel(new ByteArrayInputStream(data)));
    var written = new ByteArrayOutputStream();
    var writer = new FrameWriter(Channels.newChannel(written));
    try {
      while (true) {
        writer.write(reader.next());
      }
    } catch (ProtocolException _) {
      // A breach, told.
    } catch (IOException _) {
      // The end.
    }
    byte[] back = written.toByteArray();
    if (!Arrays.equals(back, Arrays.copyOf(data, back.length))) {
      throw new AssertionError("frames are not what was read");
    }
  }
}
