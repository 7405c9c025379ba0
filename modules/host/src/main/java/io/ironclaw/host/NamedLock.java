package io.ironclaw.host;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A lock with a file's name, for all threads of all processes of this host that know it. Waiting
 * for it can be interrupted and has a deadline; after a second, it is said who holds it. It ends
 * with its process, however that ends (fcntl(2)).
 */
public final class NamedLock implements AutoCloseable {
  private static final Duration UNTIL_TOLD = Duration.ofSeconds(1);
  private static final int MOST_NOTE = 200;

  /**
   * The kernel's lock is held by the process as a whole, so its threads need one of their own
   * besides, and all of them the same, whoever made them: this is the one thing here that belongs
   * to the process.
   */
  private static final ConcurrentHashMap<Path, Turn> TURNS = new ConcurrentHashMap<>();

  private static final class Turn {
    private final Semaphore free = new Semaphore(1, true);
    private volatile String purpose = "somebody unknown";
    private int users;

    static Turn used(@Nullable Turn known) {
      var turn = known == null ? new Turn() : known;
      turn.users++;
      return turn;
    }

    boolean left() {
      return --users == 0;
    }
  }

  private final Path file;
  private final Turn turn;
  private final FileChannel channel;

  private NamedLock(Path file, Turn turn, FileChannel channel) {
    this.file = file;
    this.turn = turn;
    this.channel = channel;
  }

  /**
   * Waits for the lock.
   *
   * @param file made if it is not there, in a folder that is
   * @param purpose what the holder does, for those who wait
   * @param deadline how long to wait
   * @param waiting told once, when the wait takes over a second
   * @throws HostException after the deadline, with who holds it; or if the file can't be locked
   */
  public static NamedLock acquire(
      Path file, String purpose, Duration deadline, Consumer<String> waiting)
      throws HostException, InterruptedException {
    Path name = realName(file);
    long end = System.nanoTime() + deadline.toNanos();
    var turn = TURNS.compute(name, (_, known) -> Turn.used(known));
    boolean locked = false;
    try {
      var rest = awaitTurn(name, turn, end, deadline, waiting);
      try {
        var held = held(name, turn, lockFile(name, end, deadline, rest), purpose);
        locked = true;
        return held;
      } finally {
        if (!locked) {
          turn.free.release();
        }
      }
    } finally {
      if (!locked) {
        leave(name);
      }
    }
  }

  /** The lock if nobody has it. */
  public static Optional<NamedLock> tryAcquire(Path file, String purpose) throws HostException {
    Path name = realName(file);
    var turn = TURNS.compute(name, (_, known) -> Turn.used(known));
    if (!turn.free.tryAcquire()) {
      leave(name);
      return Optional.empty();
    }
    boolean locked = false;
    try {
      var channel = openFile(name);
      try {
        locked = isLocked(channel);
      } finally {
        if (!locked) {
          channel.close();
        }
      }
      return locked ? Optional.of(held(name, turn, channel, purpose)) : Optional.empty();
    } catch (IOException e) {
      throw new HostException("can't lock " + name + ": " + PrivateDir.reason(e), e);
    } finally {
      if (!locked) {
        turn.free.release();
        leave(name);
      }
    }
  }

  /**
   * One name for each file, whatever links lead to its folder: a second descriptor of a file that
   * this process has locked must not be opened, as closing it would drop the lock (fcntl(2)).
   */
  private static Path realName(Path file) throws HostException {
    Path absolute = file.toAbsolutePath().normalize();
    Path folder = Objects.requireNonNull(absolute.getParent());
    try {
      return folder.toRealPath().resolve(absolute.getFileName());
    } catch (IOException e) {
      throw new HostException("can't lock " + absolute + ": " + PrivateDir.reason(e), e);
    }
  }

  private static FileChannel openFile(Path name) throws IOException {
    return FileChannel.open(
        name, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private static NamedLock held(Path name, Turn turn, FileChannel channel, String purpose) {
    note(channel, purpose);
    turn.purpose = purpose;
    return new NamedLock(name, turn, channel);
  }

  /** Who is to be told while the file is waited for: nobody, if it was said already. */
  private static Consumer<String> awaitTurn(
      Path name, Turn turn, long end, Duration deadline, Consumer<String> waiting)
      throws HostException, InterruptedException {
    long first = Math.min(UNTIL_TOLD.toNanos(), end - System.nanoTime());
    if (turn.free.tryAcquire(first, TimeUnit.NANOSECONDS)) {
      return waiting;
    }
    waiting.accept("waiting for another thread of this process, which is " + turn.purpose);
    if (!turn.free.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
      throw late(name, "a thread of this process, which is " + turn.purpose, deadline);
    }
    return _ -> {};
  }

  private static FileChannel lockFile(
      Path name, long end, Duration deadline, Consumer<String> waiting)
      throws HostException, InterruptedException {
    try {
      var channel = openFile(name);
      try {
        lock(channel, name, end, deadline, waiting);
        return channel;
      } catch (IOException | HostException | InterruptedException | RuntimeException e) {
        // Ends the thread that waits for the kernel, too.
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new HostException("can't lock " + name + ": " + PrivateDir.reason(e), e);
    }
  }

  private static void lock(
      FileChannel channel, Path name, long end, Duration deadline, Consumer<String> waiting)
      throws IOException, HostException, InterruptedException {
    if (isLocked(channel)) {
      return;
    }
    // The kernel's wait has no deadline: a thread waits there, and this one waits for it.
    var wait = new FutureTask<FileLock>(channel::lock);
    IoThread.start("lock-" + name.getFileName(), wait);
    try {
      try {
        long first = Math.min(UNTIL_TOLD.toNanos(), end - System.nanoTime());
        var _ = wait.get(first, TimeUnit.NANOSECONDS);
      } catch (TimeoutException _) {
        waiting.accept("waiting for " + holder(channel));
        var _ = wait.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      }
    } catch (TimeoutException _) {
      throw late(name, holder(channel), deadline);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    }
  }

  private static boolean isLocked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      throw new IOException("this process has locked it by other means", e);
    }
  }

  private static HostException late(Path name, String holder, Duration deadline) {
    return new HostException(
        "%s is locked for over %d s by %s; if that hangs, end it"
            .formatted(name, deadline.toSeconds(), holder));
  }

  /**
   * What the holder wrote of itself. Read through the descriptor that waits: closing any other one
   * of this file would drop a lock that this process has on it (fcntl(2)).
   */
  private static String holder(FileChannel channel) {
    try {
      var bytes = ByteBuffer.allocate(MOST_NOTE);
      channel.read(bytes, 0);
      String note = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8).strip();
      return note.isEmpty() ? "somebody unknown" : Printable.line(note);
    } catch (IOException _) {
      // What can't be read is not known.
      return "somebody unknown";
    }
  }

  private static void note(FileChannel channel, String purpose) {
    try {
      channel.truncate(0);
      var text = "process " + ProcessHandle.current().pid() + ", which is " + purpose + "\n";
      var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException _) {
      // A full disk: the lock holds all the same, and those who wait don't learn for whom.
    }
  }

  private static void leave(Path name) {
    TURNS.computeIfPresent(name, (_, turn) -> turn.left() ? null : turn);
  }

  /** Gives the lock back. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException _) {
      // The kernel drops the lock with the descriptor, which is gone either way.
    } finally {
      turn.free.release();
      leave(file);
    }
  }
}
