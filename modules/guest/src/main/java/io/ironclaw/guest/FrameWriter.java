package io.ironclaw.guest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Puts whole frames into one buffer of fixed size and the buffer into a channel; for one thread.
 */
final class FrameWriter {
  private static final int BUFFER_BYTES = Frame.HEADER_BYTES + Frame.MAX_PAYLOAD;

  private final WritableByteChannel to;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

  FrameWriter(WritableByteChannel to) {
    this.to = to;
  }

  void write(Frame frame) throws IOException {
    put(frame);
    flush();
  }

  /** Whether the buffer has room for a frame as it is. */
  boolean fits(Frame frame) {
    return buffer.remaining() >= Frame.HEADER_BYTES + frame.payload().length;
  }

  /** Buffers a frame; it must fit, as every frame does after {@link #flush}. */
  void put(Frame frame) {
    if (frame.payload().length > Frame.MAX_PAYLOAD) {
      throw new IllegalArgumentException("payload of " + frame.payload().length + " bytes");
    }
    buffer
        .putInt(frame.payload().length)
        .putInt(frame.stream())
        .put((byte) frame.type().code())
        .put((byte) frame.channel())
        .putShort((short) 0)
        .put(frame.payload());
  }

  /** Writes what is buffered; blocks for as long as the other side takes nothing. */
  void flush() throws IOException {
    buffer.flip();
    try {
      while (buffer.hasRemaining()) {
        to.write(buffer);
      }
    } finally {
      buffer.clear();
    }
  }
}
