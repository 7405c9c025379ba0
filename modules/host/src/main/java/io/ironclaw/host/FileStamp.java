package io.ironclaw.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;

/**
 * What shows that a file is still the one that was looked at: inode, size, and the times of its
 * last modification and change. The change time is the kernel's: nobody but root can set it back.
 */
public final class FileStamp {
  private static final String ATTRIBUTES = "unix:ino,size,lastModifiedTime,ctime";

  private FileStamp() {}

  /** The stamp of a file that is not a link, as text without spaces. */
  public static String of(Path file) throws IOException {
    return text(Files.readAttributes(file, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS));
  }

  /** The stamp of a file, or of what a link leads to: for files that users name. */
  public static String followed(Path file) throws IOException {
    return text(Files.readAttributes(file, ATTRIBUTES));
  }

  private static String text(Map<String, Object> attributes) {
    return String.join(
        ":",
        String.valueOf(attributes.get("ino")),
        String.valueOf(attributes.get("size")),
        nanos(attributes.get("lastModifiedTime")),
        nanos(attributes.get("ctime")));
  }

  private static String nanos(@org.jspecify.annotations.Nullable Object time) {
    return time instanceof FileTime t ? t.toInstant().toString() : "none";
  }
}
