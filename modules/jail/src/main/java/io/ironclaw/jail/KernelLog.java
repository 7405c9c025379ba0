package io.ironclaw.jail;

import io.ironclaw.host.IoThread;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Hears of what filters do not allow as the kernel notes it (Documentation/ABI/testing/dev-kmsg):
 * for filters that note and let pass, of which nothing else tells. Root alone may, and where an
 * audit daemon runs, the kernel tells that one instead. Safe for many threads.
 */
public final class KernelLog implements AutoCloseable {
  private static final int MOST_RECORD = 8_192;

  private final FileChannel channel;

  private KernelLog(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Follows it; what is there already is told first.
   *
   * @param told by a thread of its own
   * @return empty if it may not be read
   */
  public static Optional<KernelLog> follow(Consumer<SeccompRecord> told) {
    try {
      var log = new KernelLog(FileChannel.open(Path.of("/dev/kmsg"), StandardOpenOption.READ));
      var _ = IoThread.start("kernel-log", () -> log.read(told));
      return Optional.of(log);
    } catch (IOException _) {
      // It may not be read, as of most users: then what it says is not known here.
      return Optional.empty();
    }
  }

  private void read(Consumer<SeccompRecord> told) {
    var buffer = ByteBuffer.allocate(MOST_RECORD);
    while (channel.isOpen()) {
      try {
        buffer.clear();
        if (channel.read(buffer) < 0) {
          return;
        }
        String record =
            new String(buffer.array(), 0, buffer.position(), StandardCharsets.ISO_8859_1);
        record.lines().forEach(line -> SeccompRecord.of(line).ifPresent(told));
      } catch (ClosedChannelException _) {
        return;
      } catch (IOException e) {
        if (!String.valueOf(e.getMessage()).contains("Broken pipe")) {
          return;
        }
        // The kernel has overwritten what was not read yet: it goes on with what is there.
      }
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException _) {
      // It was only read.
    }
  }
}
