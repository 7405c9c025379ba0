package io.ironclaw.image;

import io.ironclaw.api.ImageException;
import io.ironclaw.api.Printable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Looks at the superblock of a file system image. The kernel of the guest does the real checks. */
final class RootfsProbe {
  private static final int LOOKED_AT = 2048;
  private static final int SQUASHFS_MAGIC = 0x73717368;
  private static final int EROFS_MAGIC = 0xE0F5E1E2;
  private static final int EROFS_SUPERBLOCK = 1024;
  private static final int PAGE_BITS = 12;

  private RootfsProbe() {}

  /**
   * The type of the file system in {@code image}.
   *
   * @throws ImageException.CorruptArtifact if it is none that a guest could mount
   */
  static RootfsType probe(Path image) throws IOException, ImageException {
    var what = "image " + Printable.line(image.toString());
    if (!Files.isRegularFile(image)) {
      throw new ImageException.CorruptArtifact(what, "it is no regular file");
    }
    long size = Files.size(image);
    var head = ByteBuffer.allocate(LOOKED_AT).order(ByteOrder.LITTLE_ENDIAN);
    try (var channel = FileChannel.open(image)) {
      while (head.hasRemaining() && channel.read(head) >= 0) {
        // until full or at the end
      }
    }
    if (head.position() < LOOKED_AT) {
      throw new ImageException.CorruptArtifact(what, "it has only " + size + " bytes");
    }
    Optional<String> problem;
    RootfsType type;
    if (head.getInt(0) == SQUASHFS_MAGIC) {
      type = RootfsType.SQUASHFS;
      problem = squashfsProblem(head, size);
    } else if (head.getInt(EROFS_SUPERBLOCK) == EROFS_MAGIC) {
      type = RootfsType.EROFS;
      problem = erofsProblem(head, size);
    } else {
      throw new ImageException.CorruptArtifact(what, "it is neither squashfs nor erofs");
    }
    if (problem.isPresent()) {
      throw new ImageException.CorruptArtifact(what, problem.get());
    }
    return type;
  }

  private static Optional<String> squashfsProblem(ByteBuffer head, long size) {
    int block = head.getInt(12);
    int blockLog = Short.toUnsignedInt(head.getShort(22));
    long used = head.getLong(40);
    if (head.getShort(28) != 4 || head.getShort(30) != 0) {
      return Optional.of("it is no squashfs 4.0");
    }
    if (blockLog < PAGE_BITS || blockLog > 20 || block != 1 << blockLog) {
      return Optional.of("its block size of " + block + " is not possible");
    }
    if (used < 96 || used > size) {
      return Optional.of("it is cut off: " + size + " of " + used + " bytes");
    }
    return Optional.empty();
  }

  private static Optional<String> erofsProblem(ByteBuffer head, long size) {
    int bits = Byte.toUnsignedInt(head.get(EROFS_SUPERBLOCK + 12));
    long blocks = Integer.toUnsignedLong(head.getInt(EROFS_SUPERBLOCK + 36));
    if (bits != PAGE_BITS) {
      return Optional.of("its blocks are not of 4096 bytes");
    }
    if (blocks < 1 || blocks << PAGE_BITS > size) {
      return Optional.of("it is cut off: " + size + " bytes for " + blocks + " blocks");
    }
    return Optional.empty();
  }
}
