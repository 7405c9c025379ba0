package io.ironclaw.bench;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** A guest's channel with nothing around it: bytes out, and headers looked at on the way in. */
final class BareChannel implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 18;

  private final SocketChannel channel;
  private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES).flip();
  private int nextStream = 1;

  BareChannel(SocketChannel channel) {
    this.channel = channel;
  }

  int newStream() {
    return nextStream++;
  }

  void write(byte[] frames) throws IOException {
    var bytes = ByteBuffer.wrap(frames);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Reads frames until one of this type has come; blocks. */
  void awaitFrame(int type) throws IOException {
    while (true) {
      need(BareFrames.HEADER);
      int length = in.getInt();
      in.getInt(); // stream
      int seen = in.get() & 0xff;
      in.get(); // channel
      in.getShort(); // reserved
      need(length);
      if (seen == BareFrames.ERROR) {
        var text = new byte[length];
        in.get(text);
        throw new IOException("the guest refused: " + new String(text, StandardCharsets.UTF_8));
      }
      if (seen == BareFrames.EXITED && type == BareFrames.EXITED) {
        int how = in.get();
        int code = in.get() & 0xff;
        if (how != 0 || code != 0) {
          throw new IOException("the command failed: how " + how + ", code " + code);
        }
        in.position(in.position() + length - 2);
        return;
      }
      in.position(in.position() + length);
      if (seen == type) {
        return;
      }
    }
  }

  private void need(int bytes) throws IOException {
    if (in.remaining() >= bytes) {
      return;
    }
    in.compact();
    while (in.position() < bytes) {
      if (channel.read(in) < 0) {
        throw new EOFException("the bare VM closed its channel");
      }
    }
    in.flip();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
