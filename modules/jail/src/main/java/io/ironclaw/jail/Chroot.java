package io.ironclaw.jail;

import io.ironclaw.host.ffi.MountNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What Firecracker's jailer makes the root of a jail: a folder in a file system of its own, in
 * memory and bounded, that this thread's mount namespace alone has. Nobody else on the host can
 * plant a link in it, which the jailer would follow; and nothing is left of it on any disk. For the
 * thread that made it.
 */
final class Chroot implements Staging.Place {
  private static final int MOST_FILES = 128;
  private static final String ROOT = "root";

  private final MountNamespace namespace;
  private final Path base;
  private final Path root;
  private boolean there = true;
  private final List<Path> mounted = new ArrayList<>();

  private Chroot(MountNamespace namespace, Path base, Path root) {
    this.namespace = namespace;
    this.base = base;
    this.root = root;
  }

  /**
   * Makes one.
   *
   * @param base an empty folder
   * @param program whose name the jailer has in the path of a jail
   * @param id of the jail
   * @param bytes that all files in it may take
   */
  static Chroot in(MountNamespace namespace, Path base, String program, String id, long bytes)
      throws IOException {
    namespace.tmpfsWithDevices(base, "size=%d,nr_inodes=%d,mode=0700".formatted(bytes, MOST_FILES));
    var chroot = new Chroot(namespace, base, base.resolve(program).resolve(id).resolve(ROOT));
    boolean done = false;
    try {
      Files.createDirectory(base.resolve(program));
      Files.createDirectory(base.resolve(program).resolve(id));
      Files.createDirectory(chroot.root);
      done = true;
      return chroot;
    } finally {
      if (!done) {
        chroot.clear();
      }
    }
  }

  /** What the jailer is told. */
  Path base() {
    return base;
  }

  /** Lets a file of the host be in it. */
  void put(String name, Path file, boolean writable) throws IOException {
    Path place = root.resolve(name);
    Files.createFile(place);
    if (writable) {
      namespace.bind(file, place);
    } else {
      namespace.bindReadOnly(file, place);
    }
    mounted.add(place);
  }

  /** Takes it out of this thread's namespace; who runs in it keeps it. The second time, nothing. */
  @Override
  public void clear() throws IOException {
    if (there) {
      there = false;
      for (var place : mounted) {
        namespace.unmount(place);
      }
      namespace.unmount(base);
      Files.delete(base);
    }
  }
}
