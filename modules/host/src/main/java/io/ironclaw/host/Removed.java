package io.ironclaw.host;

import io.ironclaw.host.ffi.SparseFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * What a cleaning removed.
 *
 * @param bytes that it took on disk, holes not counted
 */
public record Removed(int count, long bytes) {
  public static final Removed NOTHING = new Removed(0, 0);

  /** And one more, which is yet to be removed. */
  public Removed and(Path fileOrFolder) throws IOException {
    return new Removed(count + 1, bytes + bytesOf(fileOrFolder));
  }

  /** What a file, or all files of a folder, take on disk, holes not counted. */
  public static long bytesOf(Path fileOrFolder) throws IOException {
    long sum = 0;
    try (var files = Files.walk(fileOrFolder)) {
      for (var file : files.toList()) {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          for (var extent : SparseFile.dataOf(file)) {
            sum += extent.end() - extent.start();
          }
        }
      }
    }
    return sum;
  }
}
