package io.ironclaw.vm;

import io.ironclaw.api.HostException;
import io.ironclaw.api.VmId;
import io.ironclaw.host.NamedLock;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one VM: its sockets, mode 0700, gone with the VM. A lock in it shows that its owner
 * lives; a folder without that lock was left by a crash and is cleared.
 */
public final class VmDir implements AutoCloseable {
  /** What a socket's path may take, less the final NUL (unix(7)). */
  static final int MAX_SOCKET_PATH = 107;

  private static final String LOCK = "lock";
  private static final String OWNER = "owner";

  /** Beside the folders; no VM can have this name. */
  private static final String ALL = ".lock";

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** This process; a process id alone could be a crashed one's. */
  private static final String ME = UUID.randomUUID().toString();

  private static final String LONGEST_SOCKET = "agent.sock";

  private final Path path;
  private final FileChannel lock;

  private VmDir(Path path, FileChannel lock) {
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
    Optional<FileChannel> opened = Optional.empty();
    boolean done = false;
    try {
      var channel =
          FileChannel.open(
              path.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      opened = Optional.of(channel);
      if (channel.tryLock() == null) {
        throw new HostException("VM folder " + path + " was taken by another process; try again");
      }
      Files.writeString(path.resolve(OWNER), ME);
      done = true;
      return new VmDir(path, channel);
    } catch (IOException e) {
      throw new HostException("can't lock " + path + ": " + PrivateDir.reason(e), e);
    } finally {
      if (!done) {
        opened.ifPresent(VmDir::close);
        removeQuietly(path);
      }
    }
  }

  private static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException _) {
      // The kernel drops the lock with the descriptor, which is gone either way.
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
        if (isAbandoned(folder)) {
          PrivateDir.deleteTree(folder);
          swept++;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw new HostException("can't sweep " + runtimeDir + ": " + e.getMessage(), e);
    }
    return swept;
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
    boolean isOfVm = Files.exists(lock) || Files.exists(folder.resolve(OWNER)) || isEmpty(folder);
    if (!VmId.isValid(folder.getFileName().toString()) || !isOfVm || isOurs(folder)) {
      return false;
    }
    if (!Files.exists(lock)) {
      return true;
    }
    try (var channel = FileChannel.open(lock, StandardOpenOption.WRITE)) {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException _) {
      return false;
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (var entries = Files.newDirectoryStream(folder)) {
      return !entries.iterator().hasNext();
    }
  }

  private static void clearIfLeftOver(Path path, MachineId id) throws HostException {
    PrivateDir.check(path);
    // The system drops a process's lock on a file when any of its descriptors of it is closed
    // (fcntl(2)): a lock of our own must not even be looked at.
    if (isOurs(path)) {
      throw inUse(id);
    }
    try (var channel =
        FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      @Nullable FileLock held = channel.tryLock();
      if (held == null) {
        throw inUse(id);
      }
      PrivateDir.deleteTree(path);
    } catch (OverlappingFileLockException _) {
      throw inUse(id);
    } catch (IOException e) {
      throw new HostException("can't clear " + path + ": " + PrivateDir.reason(e), e);
    }
  }

  private static boolean isOurs(Path path) throws HostException {
    Path owner = path.resolve(OWNER);
    try {
      return Files.size(owner) == ME.length() && Files.readString(owner).equals(ME);
    } catch (NoSuchFileException _) {
      return false;
    } catch (IOException e) {
      throw new HostException("can't read " + owner + ": " + PrivateDir.reason(e), e);
    }
  }

  private static HostException inUse(MachineId id) {
    return new HostException("VM " + id + " exists already; choose another id or close that VM");
  }

  public Path path() {
    return path;
  }

  @Override
  public void close() throws IOException {
    try {
      PrivateDir.deleteTree(path);
    } finally {
      lock.close();
    }
  }
}
