package io.ironclaw.image;

import io.ironclaw.api.ImageException;
import io.ironclaw.host.HostTool;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Makes a squashfs image of a tar stream with {@code sqfstar}, which keeps the tar's owners. Its
 * root directory, which is in no tar of ours, belongs to whoever runs it: nobody sees it, as a
 * guest's root directory is that of its writable layer.
 */
final class SquashfsImage {
  private static final Duration LIMIT = Duration.ofMinutes(10);

  /** 2020-01-01: the same for every build, and one that a zip file can hold (from 1980 on). */
  private static final String TIME = "1577836800";

  private SquashfsImage() {}

  /** Writes {@code image}; the same tar gives the same bytes to the same user. */
  static void write(Path image, HostTool.Feed<ImageException> tar) throws ImageException {
    sqfstar(image)
        .run(Path.of("/"), tar, stdout -> stdout.transferTo(OutputStream.nullOutputStream()));
  }

  /** Fails early if the command is not there. */
  static void requireTool() throws ImageException {
    sqfstar(Path.of("/")).require();
  }

  private static ImageTool sqfstar(Path image) {
    // Not compressed: a guest without hardware virtualization unpacks about 9 times slower.
    return new ImageTool(
        "squashfs-tools",
        LIMIT,
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
            image.toString()));
  }
}
