package io.ironclaw.guest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** Writes whole frames, one thread at a time; several given together leave in one write. */
final class FrameWriter {
  private static final int BUFFER_BYTES = Frame.HEADER_BYTES + Frame.MAX_PAYLOAD;

  private final WritableByteChannel to;
  private final ReentrantLock lock = new ReentrantLock();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

  FrameWriter(WritableByteChannel to) {
    this.to = to;
  }

  void write(Frame frame) throws IOException {
    lock.lock();
    try {
      put(frame);
      flush();
    } finally {
      lock.unlock();
    }
  }

  void writeAll(List<Frame> frames) throws IOException {
    lock.lock();
    try {
      for (var frame : frames) {
        put(frame);
      }
      flush();
    } finally {
      lock.unlock();
    }
  }

  private void put(Frame frame) throws IOException {
    if (frame.payload().length > Frame.MAX_PAYLOAD) {
      throw new IllegalArgumentException("payload of " + frame.payload().length + " bytes");
    }
    if (buffer.remaining() < Frame.HEADER_BYTES + frame.payload().length) {
      flush();
    }
    buffer
        .putInt(frame.payload().length)
        .putInt(frame.stream())
        .put((byte) frame.type().code())
        .put((byte) frame.channel())
        .putShort((short) 0)
        .put(frame.payload());
  }

  private void flush() throws IOException {
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
