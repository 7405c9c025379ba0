package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.host.ffi.MountNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Root's files, where a process without rights can take them from. It runs as a user id of its own,
 * which can't walk through root's private folders; so each file that it is granted is mounted once
 * more in a folder that this thread's mount namespace alone has. Nobody else on the host sees that
 * folder's content, and it is gone with the thread. For the thread that made it.
 */
final class Stage {
  private static final String OPTIONS = "size=16m,mode=0711";

  private final MountNamespace namespace;
  private final Path root;
  private long next;

  private Stage(MountNamespace namespace, Path root) {
    this.namespace = namespace;
    this.root = root;
  }

  /**
   * Sets it up in a folder of {@code runDir}.
   *
   * @throws HostException if the kernel refuses
   */
  static Stage in(Path runDir) throws HostException {
    try {
      Path root = PrivateDir.ensureWalkable(runDir.resolve("stage"));
      var namespace = MountNamespace.unshare();
      namespace.tmpfs(root, OPTIONS);
      return new Stage(namespace, root);
    } catch (IOException e) {
      throw new HostException(
          "no jail can be made: "
              + PrivateDir.reason(e)
              + "; root without CAP_SYS_ADMIN, as in a container, can't make one: give the"
              + " container that capability, run as another user, or choose no jail (--jail none)",
          e);
    }
  }

  /** Files and folders under one name, until they are taken away. */
  final class Shelf implements Staging.Place {
    private final Path folder;
    private final List<Path> mounted = new ArrayList<>();

    private Shelf(Path folder) {
      this.folder = folder;
    }

    /** Puts one there, and gives the place. */
    Path put(Path what) throws IOException {
      Path place = folder.resolve("" + mounted.size());
      if (Files.isDirectory(what)) {
        Files.createDirectory(place);
      } else {
        Files.createFile(place);
      }
      namespace.bind(what, place);
      mounted.add(place);
      return place;
    }

    /** Takes all away. */
    @Override
    public void clear() throws IOException {
      for (var place : mounted) {
        namespace.unmount(place);
        Files.delete(place);
      }
      mounted.clear();
      Files.deleteIfExists(folder);
    }
  }

  /** The root of a jail that Firecracker's jailer makes. */
  Chroot chroot(String program, String id, long bytes) throws HostException, IOException {
    Path base = PrivateDir.ensureWalkable(root.resolve("" + next++));
    return Chroot.in(namespace, base, program, id, bytes);
  }

  Shelf shelf() throws HostException {
    return new Shelf(PrivateDir.ensureWalkable(root.resolve("" + next++)));
  }
}
