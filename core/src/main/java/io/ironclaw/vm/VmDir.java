package io.ironclaw.vm;

import io.ironclaw.host.HostException;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
  public static VmDir create(Path runtimeDir, VmId id) throws HostException {
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
    if (Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      clearIfLeftOver(path, id);
    }
    PrivateDir.create(path);
    try {
      var channel =
          FileChannel.open(
              path.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      @Nullable FileLock held = channel.tryLock();
      if (held == null) {
        channel.close();
        throw new HostException("VM folder " + path + " was taken by another process; try again");
      }
      Files.writeString(path.resolve(OWNER), ME);
      return new VmDir(path, channel);
    } catch (IOException e) {
      throw new HostException("can't lock " + path + ": " + PrivateDir.reason(e), e);
    }
  }

  private static void clearIfLeftOver(Path path, VmId id) throws HostException {
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

  private static HostException inUse(VmId id) {
    return new HostException("VM " + id + " exists already; choose another id or close that VM");
  }

  public Path path() {
    return path;
  }

  @Override
  public void close() throws IOException {
    PrivateDir.deleteTree(path);
    lock.close();
  }
}
