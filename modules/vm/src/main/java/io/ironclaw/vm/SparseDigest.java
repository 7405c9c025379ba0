package io.ironclaw.vm;

import io.ironclaw.host.ffi.SparseFile;
import io.ironclaw.image.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/**
 * The digest of a file that is mostly holes, as guest memory is: of its size, and of each block
 * that is not all zero with its place. Holes are neither read nor hashed, so it takes as long as
 * there is data; and a file whose holes were filled with zeros has the same digest.
 */
final class SparseDigest {
  private static final int BLOCK = 65_536;

  private SparseDigest() {}

  static Digest of(Path file) throws IOException {
    var sha256 = Digest.sha256();
    var block = new byte[BLOCK];
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      sha256.update(number(size));
      long hashedTo = 0;
      for (var data : SparseFile.dataOf(file)) {
        // Extents begin and end anywhere; blocks don't.
        long at = Math.max(hashedTo, data.start() / BLOCK * BLOCK);
        for (; at < Math.min(data.end(), size); at += BLOCK) {
          hash(channel, at, block, sha256);
        }
        hashedTo = Math.max(hashedTo, at);
      }
    }
    return Digest.of(sha256);
  }

  private static void hash(FileChannel channel, long at, byte[] block, MessageDigest sha256)
      throws IOException {
    var into = ByteBuffer.wrap(block);
    while (into.hasRemaining() && channel.read(into, at + into.position()) > 0) {
      // Short reads happen at the end alone.
    }
    if (!isZero(block, into.position())) {
      sha256.update(number(at));
      sha256.update(block, 0, into.position());
    }
  }

  private static boolean isZero(byte[] bytes, int length) {
    for (int i = 0; i < length; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static byte[] number(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }
}
