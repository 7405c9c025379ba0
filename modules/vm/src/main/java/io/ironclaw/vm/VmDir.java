package io.ironclaw.vm;

import io.ironclaw.api.HostException;
import io.ironclaw.api.VmId;
import io.ironclaw.host.NamedLock;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.Remains;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The folder of one VM: its sockets, mode 0700, gone with the VM. A lock in it shows that its owner
 * lives; a folder without that lock was left by a crash and is cleared.
 */
public final class VmDir implements AutoCloseable {
  /** What a socket's path may take, less the final NUL (unix(7)). */
  static final int MAX_SOCKET_PATH = 107;

  private static final String LOCK = "lock";
  private static final String PURPOSE = "running this VM";

  /** Beside the folders; no VM can have this name. */
  private static final String ALL = ".lock";

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final String LONGEST_SOCKET = "sock/agent";

  private final Path path;
  private final NamedLock lock;

  private VmDir(Path path, NamedLock lock) {
    this.path = path;
    this.lock = lock;
  }

  /**
   * @throws HostException if a VM of this id is alive, or the folder can't be made
   */
  public static VmDir create(Path runtimeDir, MachineId id) throws HostException {
    Path path = PrivateDir.ensure(runtimeDir).resolve(id.value());
    int length =
        path.resolve(LONGEST_SOCKET)
            .toString()
            .getBytes(java.nio.charset.StandardCharsets.UTF_8)
            .length;
    if (length > MAX_SOCKET_PATH) {
      throw new HostException(
          "socket path %s/%s is %d bytes long, the system allows %d; set XDG_RUNTIME_DIR to a shorter folder or use a shorter id"
              .formatted(path, LONGEST_SOCKET, length, MAX_SOCKET_PATH));
    }
    try (var _ = lockAll(runtimeDir)) {
      if (Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
        clearIfLeftOver(path, id);
      }
      PrivateDir.create(path);
      return locked(path);
    }
  }

  /** For the moment in which a folder is there and its lock is not yet, or is not any more. */
  private static NamedLock lockAll(Path runtimeDir) throws HostException {
    try {
      return NamedLock.acquire(runtimeDir.resolve(ALL), "making a VM's folder", PATIENCE, _ -> {});
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException("interrupted while making a VM's folder in " + runtimeDir, e);
    }
  }

  /** Takes the lock of a folder that was just made; if that fails, nothing of it is left. */
  private static VmDir locked(Path path) throws HostException {
    boolean done = false;
    try {
      var lock =
          NamedLock.tryAcquire(path.resolve(LOCK), PURPOSE)
              .orElseThrow(() ->
                  new HostException(
                      "VM folder " + path + " was taken by another process; try again"));
      done = true;
      return new VmDir(path, lock);
    } finally {
      if (!done) {
        removeQuietly(path);
      }
    }
  }

  private static void removeQuietly(Path path) {
    try {
      PrivateDir.deleteTree(path);
    } catch (IOException _) {
      // What led here is the error to report; the next start sweeps what is left.
    }
  }

  /**
   * Removes the folders of VMs whose owner is gone: a process that was killed leaves its own.
   *
   * @return how many there were
   */
  public static int sweep(Path runtimeDir) throws HostException {
    if (!Files.isDirectory(runtimeDir)) {
      return 0;
    }
    int swept = 0;
    try (var _ = lockAll(runtimeDir);
        var folders = Files.newDirectoryStream(runtimeDir, Files::isDirectory)) {
      for (var folder : folders) {
        if (isAbandoned(folder) && isCleared(folder)) {
          remove(folder);
          swept++;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw new HostException("can't sweep " + runtimeDir + ": " + e.getMessage(), e);
    }
    return swept;
  }

  /**
   * What can't be ended must not keep others from starting: its folder stays for the next sweep.
   */
  private static boolean isCleared(Path folder) {
    try {
      Remains.clear(folder);
      return true;
    } catch (IOException _) {
      // A process that the kernel does not end yet.
      return false;
    }
  }

  /** Whether a folder is one that {@link #sweep} would remove; false if that can't be known. */
  public static boolean isLeftOver(Path folder) {
    try {
      return isAbandoned(folder);
    } catch (IOException | HostException _) {
      // It comes or goes just now, or belongs to somebody else.
      return false;
    }
  }

  /** Whether it is a VM's folder and its lock can be had. */
  private static boolean isAbandoned(Path folder) throws IOException, HostException {
    Path lock = folder.resolve(LOCK);
    if (!VmId.isValid(folder.getFileName().toString())) {
      return false;
    }
    if (!Files.exists(lock)) {
      return isEmpty(folder);
    }
    var free = NamedLock.tryAcquire(lock, "looking for what is left over");
    free.ifPresent(NamedLock::close);
    return free.isPresent();
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (var entries = Files.newDirectoryStream(folder)) {
      return !entries.iterator().hasNext();
    }
  }

  private static void clearIfLeftOver(Path path, MachineId id) throws HostException {
    PrivateDir.check(path);
    try (var _ = NamedLock.tryAcquire(path.resolve(LOCK), PURPOSE).orElseThrow(() -> inUse(id))) {
      Remains.clear(path);
      remove(path);
    } catch (IOException e) {
      throw new HostException("can't clear " + path + ": " + PrivateDir.reason(e), e);
    }
  }

  private static HostException inUse(MachineId id) {
    return new HostException("VM " + id + " exists already; choose another id or close that VM");
  }

  public Path path() {
    return path;
  }

  /** The lock goes last: what a kill leaves of a removal is known by it, or is empty. */
  private static void remove(Path path) throws IOException {
    try (var entries = Files.newDirectoryStream(path, entry -> !entry.endsWith(LOCK))) {
      for (var entry : entries) {
        PrivateDir.deleteTree(entry);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    PrivateDir.deleteTree(path);
  }

  @Override
  public void close() throws IOException {
    try {
      remove(path);
    } finally {
      lock.close();
    }
  }
}
