package io.ironclaw.image;

import io.ironclaw.api.ImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/** Makes a squashfs image of a tar stream with {@code sqfstar}, which keeps the tar's owners. */
final class SquashfsImage {
  private static final Duration LIMIT = Duration.ofMinutes(10);

  /** 2020-01-01: the same for every build, and one that a zip file can hold (from 1980 on). */
  private static final String TIME = "1577836800";

  private static final int BLOCK_HEADER = 2;
  private static final int IDS_IN_BLOCK = 2048;
  private static final int DIRECTORY = 1;
  private static final int LONG_DIRECTORY = 8;

  /** Where an inode has the indexes of its owner and group. */
  private static final int OWNER = 4;

  private SquashfsImage() {}

  /** Writes {@code image}; the same tar gives the same bytes. */
  static void write(Path image, HostTool.Feed tar) throws IOException, ImageException {
    // Not compressed: a guest without hardware virtualization unpacks about 9 times slower.
    var command =
        List.of(
            "sqfstar",
            "-quiet",
            "-no-progress",
            "-no-xattrs",
            "-noI",
            "-noId",
            "-noD",
            "-noF",
            "-mkfs-time",
            TIME,
            "-all-time",
            TIME,
            "-root-mode",
            "755",
            "-b",
            "128K",
            image.toString());
    new HostTool(command, "squashfs-tools", LIMIT)
        .run(java.util.Objects.requireNonNull(image.toAbsolutePath().getParent()), tar, line -> {});
    giveRootDirectoryToRoot(image);
  }

  /**
   * The root directory is in no tar of ours, and sqfstar 4.5 gives it to whoever runs it, also with
   * its option {@code -root-uid}. The format's numbers are from fs/squashfs/squashfs_fs.h; the
   * tables are not compressed.
   */
  private static void giveRootDirectoryToRoot(Path image) throws IOException, ImageException {
    try (var file = FileChannel.open(image, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      var superblock = read(file, 0, 96);
      int ids = Short.toUnsignedInt(superblock.getShort(26));
      long rootInode = superblock.getLong(32);
      long firstIdBlock = read(file, superblock.getLong(48), 8).getLong(0);
      requireUncompressed(file, firstIdBlock);
      var table = read(file, firstIdBlock + BLOCK_HEADER, Math.min(ids, IDS_IN_BLOCK) * 4);
      int root = 0;
      while (root < table.limit() / 4 && table.getInt(root * 4) != 0) {
        root++;
      }
      long inodeBlock = superblock.getLong(64) + (rootInode >>> 16);
      requireUncompressed(file, inodeBlock);
      long inode = inodeBlock + BLOCK_HEADER + (rootInode & 0xFFFF);
      int type = read(file, inode, 2).getShort(0);
      if (root == table.limit() / 4 || type != DIRECTORY && type != LONG_DIRECTORY) {
        throw new ImageException.CorruptArtifact("image " + image, "its root is no directory");
      }
      var owner = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      owner.putShort((short) root).putShort((short) root).flip();
      if (file.write(owner, inode + OWNER) != 4) {
        throw new IOException("could not write to " + image);
      }
    }
  }

  private static void requireUncompressed(FileChannel file, long block)
      throws IOException, ImageException {
    if (read(file, block, 2).getShort(0) >= 0) {
      throw new ImageException.CorruptArtifact("image", "its tables are compressed");
    }
  }

  private static ByteBuffer read(FileChannel file, long at, int size)
      throws IOException, ImageException {
    var buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    if (at < 0 || at > file.size() - size || file.read(buffer, at) != size) {
      throw new ImageException.CorruptArtifact("image", "a table is outside of the file");
    }
    return buffer.flip();
  }
}
