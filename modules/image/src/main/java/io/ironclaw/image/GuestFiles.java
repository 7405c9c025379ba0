package io.ironclaw.image;

import io.ironclaw.api.ImageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The files that the maintainer scripts of the packages would have made. None of the scripts is
 * run: they would have to run as root on the host.
 */
final class GuestFiles {
  private static final String CERTIFICATES = "usr/share/ca-certificates";
  private static final String MASTERS = "usr/share/base-passwd";

  /** What {@link #addLast} needs to have seen. */
  static final List<String> KEPT = List.of(CERTIFICATES, MASTERS, "usr/share/libc-bin");

  private static final String PROFILE =
      """
      # ~/.profile: read by login shells
      if [ -n "$BASH_VERSION" ] && [ -f ~/.bashrc ]; then . ~/.bashrc; fi
      """;

  private static final String BASHRC =
      """
      # ~/.bashrc: read by interactive shells
      PS1='\\u@\\h:\\w\\$ '
      alias ls='ls --color=auto'
      alias grep='grep --color=auto'
      """;

  private static final String ETC_PROFILE =
      """
      # /etc/profile: read by login shells
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
      export PATH
      """;

  /** The one user besides root, by number. */
  private static final int USER = 1_000;

  private GuestFiles() {}

  /** What packages must not be able to bring: they come first, and the first wins. */
  static void addFirst(RootfsTar tar) throws IOException, ImageException {
    for (var directory : List.of("usr", "etc", "var", "usr/bin", "usr/sbin", "usr/lib")) {
      tar.directory(directory, 0755);
    }
    tar.directory("usr/lib64", 0755);
    for (var directory : List.of("bin", "sbin", "lib", "lib64")) {
      tar.link(directory, "usr/" + directory);
    }
    for (var directory :
        List.of(
            "dev", "proc", "run", "sys", "home", "mnt", "media", "opt", "srv", "usr/local/bin")) {
      tar.directory(directory, directory.equals("proc") || directory.equals("sys") ? 0555 : 0755);
    }
    tar.directory("tmp", 01777);
    tar.directory("var/tmp", 01777);
    tar.directory("root", 0700);
    tar.directoryOf(USER, "home/user", 0755);
    tar.link("var/run", "/run");
    tar.link("var/lock", "/run/lock");
    file(tar, "etc/hostname", "ironclaw\n");
    file(tar, "etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost\n");
    file(tar, "etc/resolv.conf", "");
    file(tar, "etc/machine-id", "");
    file(tar, "etc/fstab", "");
    file(tar, "etc/profile", ETC_PROFILE);
    file(tar, "root/.profile", PROFILE);
    file(tar, "root/.bashrc", BASHRC);
    tar.link("etc/mtab", "/proc/self/mounts");
    tar.link("etc/localtime", "/usr/share/zoneinfo/Etc/UTC");
    tar.link("usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt");
  }

  /** What depends on the packages' files, and fills the places that they left free. */
  static void addLast(RootfsTar tar) throws IOException, ImageException {
    var kept = tar.kept();
    tar.file(
        "etc/passwd",
        0644,
        with(master(kept, "passwd.master"), "user:x:1000:1000:user:/home/user:/bin/bash\n"));
    tar.file("etc/group", 0644, with(master(kept, "group.master"), "user:x:1000:\n"));
    var names = kept.get("usr/share/libc-bin/nsswitch.conf");
    if (names != null) {
      tar.file("etc/nsswitch.conf", 0644, names);
    }
    tar.file("etc/ssl/certs/ca-certificates.crt", 0644, certificates(kept));
    tar.directory("var/lib/dpkg", 0755);
    file(tar, "var/lib/dpkg/status", "");
    link(tar, "usr/bin/sh", "dash");
    link(tar, "usr/bin/awk", "mawk");
    link(tar, "usr/bin/nawk", "mawk");
    link(tar, "usr/bin/nc", "nc.openbsd");
    link(tar, "usr/bin/pager", "less");
    link(tar, "usr/bin/which", "which.debianutils");
    link(tar, "usr/bin/python", "python3");
  }

  private static byte[] with(byte[] first, String more) {
    var all = new ByteArrayOutputStream();
    all.writeBytes(first);
    all.writeBytes(more.getBytes(StandardCharsets.UTF_8));
    return all.toByteArray();
  }

  private static byte[] master(Map<String, byte[]> kept, String name) throws ImageException {
    var bytes = kept.get(MASTERS + "/" + name);
    if (bytes == null) {
      throw new ImageException.CorruptArtifact("package base-passwd", "it has no " + name);
    }
    return bytes;
  }

  private static byte[] certificates(Map<String, byte[]> kept) {
    var bundle = new ByteArrayOutputStream();
    new TreeMap<>(kept)
        .forEach((path, bytes) -> {
          if (path.startsWith(CERTIFICATES + "/") && path.endsWith(".crt")) {
            bundle.writeBytes(bytes);
            if (bytes.length > 0 && bytes[bytes.length - 1] != '\n') {
              bundle.write('\n');
            }
          }
        });
    return bundle.toByteArray();
  }

  private static void link(RootfsTar tar, String path, String program)
      throws IOException, ImageException {
    if (tar.has("usr/bin/" + program)) {
      tar.link(path, program);
    }
  }

  private static void file(RootfsTar tar, String path, String content)
      throws IOException, ImageException {
    tar.file(path, 0644, content.getBytes(StandardCharsets.UTF_8));
  }
}
