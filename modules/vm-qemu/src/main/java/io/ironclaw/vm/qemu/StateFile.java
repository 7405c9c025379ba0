package io.ironclaw.vm.qemu;

import io.ironclaw.host.IoThread;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A template's device state on its way from QEMU into a file: bounded in size and time. */
final class StateFile {
  static final long MAX_BYTES = 64L << 20;

  private StateFile() {}

  /** Copies until QEMU hangs up, and hangs up itself at the deadline. */
  static void receive(SocketChannel from, Path file, Duration deadline)
      throws IOException, InterruptedException {
    var copy = new FutureTask<>(() -> copy(from, file));
    // Closing the channel ends the copy's thread too.
    try (from) {
      IoThread.start("state-file", copy);
      copy.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new IOException("device state did not end within " + deadline.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
    }
  }

  private static long copy(SocketChannel from, Path file) throws IOException {
    try (var to =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      var buffer = ByteBuffer.allocate(65_536);
      long total = 0;
      while (from.read(buffer) >= 0) {
        buffer.flip();
        total += buffer.remaining();
        if (total > MAX_BYTES) {
          throw new IOException("device state of over " + (MAX_BYTES >> 20) + " MiB");
        }
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
        buffer.clear();
      }
      return total;
    }
  }
}
