package io.ironclaw.image;

import io.ironclaw.api.EventSink;
import io.ironclaw.api.ImageException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The recipe of the image {@code debian}: which packages, and the order of their files. */
final class DebianRootfs {
  /** Raise it when anything changes what the image holds. */
  static final int RECIPE = 5;

  static final List<String> PACKAGES =
      List.of(
          "base-files",
          "base-passwd",
          "bash",
          "bind9-dnsutils",
          "bzip2",
          "ca-certificates",
          "coreutils",
          "curl",
          "dash",
          "debianutils",
          "diffutils",
          "file",
          "findutils",
          "git",
          "grep",
          "gzip",
          "hostname",
          "iproute2",
          "iputils-ping",
          "jq",
          "less",
          "libc-bin",
          "mawk",
          "ncurses-base",
          "netbase",
          "netcat-openbsd",
          "patch",
          "procps",
          "python3",
          "sed",
          "tar",
          "tzdata",
          "unzip",
          "util-linux",
          "xz-utils",
          "zstd");

  private DebianRootfs() {}

  /**
   * Writes the whole root file system of {@code debs} as one tar archive.
   *
   * @param scratch a file for what is unpacked, one package at a time
   * @param bytecode of Python's library, by its path; none before there is an image that makes it
   */
  static void writeTar(
      List<Path> debs,
      Path scratch,
      Map<String, byte[]> bytecode,
      OutputStream out,
      EventSink events)
      throws IOException, ImageException {
    try (var tar = new RootfsTar(out, GuestFiles.KEPT)) {
      GuestFiles.addFirst(tar);
      int done = 0;
      for (var deb : debs) {
        try (var unpacked = DebPackage.open(deb, scratch)) {
          tar.add(unpacked);
        }
        if (++done % 25 == 0) {
          events.preparing("unpacked " + done + " of " + debs.size() + " packages");
        }
      }
      GuestFiles.addLast(tar);
      for (var file : bytecode.entrySet()) {
        tar.file(file.getKey(), 0644, file.getValue());
      }
    }
  }
}
