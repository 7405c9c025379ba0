package io.ironclaw.audit;

import io.ironclaw.api.HostException;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Reads a log for showing it; whether it is what was written, {@link Verifier} says. A line that is
 * no entry is counted and left out. For one thread.
 */
public final class AuditReader {
  private final Path folder;
  private final Segments segments;
  private long wrong;

  /**
   * @param folder of the log
   */
  public AuditReader(Path folder) {
    this.folder = folder;
    segments = new Segments(folder);
  }

  /** Where reading has come to. */
  private static final class Place {
    private final long number;
    private long offset;

    Place(long number, long offset) {
      this.number = number;
      this.offset = offset;
    }
  }

  /** Lines that were no entries, so far. */
  public long wrong() {
    return wrong;
  }

  /** What a log takes. */
  public record Size(int files, long bytes) {}

  public Size size() throws HostException {
    try {
      return new Size(segments.numbers().size(), segments.bytes());
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /** Hands on every entry, the oldest first. */
  public void forEach(Consumer<LoggedEntry> to) throws HostException {
    try {
      for (long number : segments.numbers()) {
        read(new Place(number, 0), to);
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /** The entry of a number. */
  public Optional<LoggedEntry> entry(long n) throws HostException {
    try {
      for (long number : segments.numbers()) {
        var found = new ArrayList<LoggedEntry>();
        read(
            new Place(number, 0),
            entry -> {
              if (entry.n() == n) {
                found.add(entry);
              }
            });
        if (!found.isEmpty()) {
          return Optional.of(found.getFirst());
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * The newest entries, the oldest of them first.
   *
   * @param most of them
   * @param which of all are meant
   */
  public List<LoggedEntry> last(int most, Predicate<LoggedEntry> which) throws HostException {
    return last(most, which, new ArrayList<>());
  }

  private List<LoggedEntry> last(int most, Predicate<LoggedEntry> which, List<Place> end)
      throws HostException {
    try {
      var newest = new ArrayDeque<LoggedEntry>();
      var numbers = segments.numbers();
      for (int i = numbers.size() - 1; i >= 0 && (newest.size() < most || end.isEmpty()); i--) {
        var place = new Place(numbers.get(i), 0);
        var here = new ArrayDeque<LoggedEntry>();
        read(
            place,
            entry -> {
              if (which.test(entry)) {
                here.add(entry);
                if (here.size() > most) {
                  here.remove();
                }
              }
            });
        if (end.isEmpty()) {
          end.add(place);
        }
        while (!here.isEmpty() && newest.size() < most) {
          newest.addFirst(here.removeLast());
        }
      }
      return List.copyOf(newest);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * The same, and then each that is added, until this thread is interrupted.
   *
   * @param to takes them
   */
  public void follow(int most, Predicate<LoggedEntry> which, Consumer<LoggedEntry> to)
      throws HostException, InterruptedException {
    PrivateDir.ensure(folder);
    try (var watch = folder.getFileSystem().newWatchService()) {
      folder.register(
          watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
      var end = new ArrayList<Place>();
      last(most, which, end).forEach(to);
      follow(
          watch,
          end.isEmpty() ? new Place(1, 0) : end.getFirst(),
          entry -> {
            if (which.test(entry)) {
              to.accept(entry);
            }
          });
    } catch (IOException | ClosedWatchServiceException e) {
      throw new HostException("the audit in " + folder + " can't be followed: " + e, e);
    }
  }

  private void follow(WatchService watch, Place from, Consumer<LoggedEntry> to)
      throws IOException, InterruptedException {
    var place = from;
    while (true) {
      read(place, to);
      var later = later(place.number);
      if (later.isPresent()) {
        // What was added to this one, before that was begun.
        read(place, to);
        place = new Place(later.get(), 0);
      } else {
        var key = watch.take();
        key.pollEvents();
        key.reset();
      }
    }
  }

  private Optional<Long> later(long number) throws IOException {
    return segments.numbers().stream().filter(other -> other > number).findFirst();
  }

  /** Reads on, as far as whole lines go. */
  private void read(Place place, Consumer<LoggedEntry> to) throws IOException {
    try (var channel = FileChannel.open(segments.path(place.number), StandardOpenOption.READ)) {
      var buffer = ByteBuffer.allocate(1 << 18);
      channel.position(place.offset);
      while (channel.read(buffer) >= 0) {
        int used = lines(buffer.array(), buffer.position(), to);
        place.offset += used;
        int left = buffer.position() - used;
        if (left > Line.MOST_BYTES) {
          // No line of ours: passed over.
          wrong++;
          place.offset += left;
          left = 0;
          used = buffer.position();
        }
        System.arraycopy(buffer.array(), used, buffer.array(), 0, left);
        buffer.position(left);
      }
    } catch (NoSuchFileException _) {
      // It was removed to make room, or is not there yet.
    }
  }

  /** Hands on the whole lines of so many bytes, and says how many bytes they are. */
  private int lines(byte[] bytes, int length, Consumer<LoggedEntry> to) {
    int begin = 0;
    for (int i = 0; i < length; i++) {
      if (bytes[i] == '\n') {
        var entry = LineReader.read(Arrays.copyOfRange(bytes, begin, i));
        if (entry.isPresent()) {
          to.accept(entry.get());
        } else {
          wrong++;
        }
        begin = i + 1;
      }
    }
    return begin;
  }

  private HostException unreadable(IOException e) {
    return new HostException(
        "the audit in " + folder + " can't be read: " + PrivateDir.reason(e), e);
  }
}
