package io.ironclaw.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/** One file of the log, open to be added to. For whoever holds the log's lock. */
final class SegmentFile implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;
  private final String identity;

  private SegmentFile(Path path, FileChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    this.identity = identity(path);
  }

  private static String identity(Path path) throws IOException {
    return String.valueOf(Files.readAttributes(path, BasicFileAttributes.class).fileKey());
  }

  static SegmentFile open(Path path) throws IOException {
    return new SegmentFile(
        path, FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  /** A new one; what is there already is refused. */
  static SegmentFile create(Path path) throws IOException {
    return new SegmentFile(
        path,
        FileChannel.open(
            path,
            Set.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))));
  }

  /** Whether it is still the file of its name, and as long as it was. */
  boolean isUnchanged(long size) throws IOException {
    return Files.exists(path) && identity(path).equals(identity) && channel.size() == size;
  }

  long size() throws IOException {
    return channel.size();
  }

  /**
   * Adds bytes at its end, all of them or none.
   *
   * @param size what it has
   */
  void append(byte[] bytes, long size) throws IOException {
    var buffer = ByteBuffer.wrap(bytes);
    boolean done = false;
    try {
      long at = size;
      while (buffer.hasRemaining()) {
        at += channel.write(buffer, at);
      }
      done = true;
    } finally {
      if (!done) {
        channel.truncate(size);
      }
    }
  }

  void truncate(long size) throws IOException {
    channel.truncate(size);
  }

  void force() throws IOException {
    channel.force(false);
  }

  byte[] read(long from, long to) throws IOException {
    var buffer = ByteBuffer.allocate((int) (to - from));
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        throw new IOException(path + " became shorter");
      }
    }
    return buffer.array();
  }

  /** Its first line without the end; empty if it has none. */
  Optional<byte[]> firstLine() throws IOException {
    byte[] begin = read(0, Math.min(size(), Line.MOST_BYTES + 1L));
    for (int i = 0; i < begin.length; i++) {
      if (begin[i] == '\n') {
        return Optional.of(java.util.Arrays.copyOf(begin, i));
      }
    }
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
