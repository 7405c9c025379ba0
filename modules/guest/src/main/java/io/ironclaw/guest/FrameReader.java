package io.ironclaw.guest;

import io.ironclaw.api.ProtocolException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** Cuts the bytes of a guest into frames. Holds one buffer of fixed size; for one thread. */
final class FrameReader {
  private static final int BUFFER_BYTES = 2 * (Frame.HEADER_BYTES + Frame.MAX_PAYLOAD);

  private final ReadableByteChannel from;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).flip();

  FrameReader(ReadableByteChannel from) {
    this.from = from;
  }

  /**
   * The next frame; blocks.
   *
   * @throws EOFException if the stream ends, in or between frames
   * @throws ProtocolException if a header breaks a bound
   */
  Frame next() throws IOException, ProtocolException {
    fill(Frame.HEADER_BYTES);
    long length = buffer.getInt() & 0xffff_ffffL;
    int stream = buffer.getInt();
    int code = buffer.get();
    int channel = buffer.get() & 0xff;
    int reserved = buffer.getShort();
    if (length > Frame.MAX_PAYLOAD) {
      throw ProtocolException.field("frame length", "" + length, "0 to " + Frame.MAX_PAYLOAD);
    }
    var type = FrameType.of(code);
    if (channel > 2) {
      throw ProtocolException.field("frame channel", "" + channel, "0 to 2");
    }
    if (reserved != 0) {
      throw ProtocolException.field("reserved header field", "" + reserved, "0");
    }
    fill((int) length);
    var payload = new byte[(int) length];
    buffer.get(payload);
    return new Frame(type, channel, stream, payload);
  }

  private void fill(int bytes) throws IOException {
    if (buffer.remaining() >= bytes) {
      return;
    }
    buffer.compact();
    while (buffer.position() < bytes) {
      if (from.read(buffer) < 0) {
        throw new EOFException(
            buffer.position() == 0 ? "the guest closed its channel" : "a frame was cut off");
      }
    }
    buffer.flip();
  }
}
