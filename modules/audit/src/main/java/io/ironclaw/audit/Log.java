package io.ironclaw.audit;

import io.ironclaw.api.AuditKind;
import io.ironclaw.api.HostException;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.host.Sha256;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The log on disk, that all processes of a user add to, one after the other: each takes the lock,
 * looks where the chain ends, and goes on from there. For one thread.
 */
final class Log implements AutoCloseable {
  /** Entries after which one is signed, whatever the time. */
  static final int MOST_UNSIGNED = 1_000;

  private final AuditSettings settings;
  private final Segments segments;
  private final Clock clock;
  private final long pid = ProcessHandle.current().pid();
  private final MessageDigest digest = Sha256.running();
  private final List<byte[]> checkpoints = new ArrayList<>();
  private Optional<Tools> tools = Optional.empty();
  private Optional<ChainEnd> end = Optional.empty();
  private long lastSigned = System.nanoTime();

  /** What it takes to find the end and to sign it. */
  private record Tools(SigningKey key, EndFinder finder) {}

  Log(AuditSettings settings, Clock clock) {
    this.settings = settings;
    this.clock = clock;
    segments = new Segments(settings.folder());
  }

  /**
   * Adds entries, all of them or, if it throws, none.
   *
   * @param sign whether the last is followed by a checkpoint in any case, and why
   * @return why what was added is not signed, though it should be; empty if it is
   * @throws IOException of the file, such as for a full disk
   * @throws HostException if the folder, the key or what is in the log is not as it should be
   */
  Optional<String> append(List<Encoded> entries, Optional<String> sign)
      throws IOException, HostException, InterruptedException {
    PrivateDir.ensure(settings.folder());
    var with = tools();
    boolean done = false;
    try (var _ = segments.lock("writing the audit")) {
      try {
        var at = turned(located(with), with);
        for (var finding : with.finder().findings()) {
          enter(at, finding);
          // So that it is told once.
          at.mustBeSigned();
        }
        for (var entry : entries) {
          enter(at, entry);
        }
        at.flush();
        with.finder().told();
        done = true;
        return signed(at, with, sign);
      } finally {
        if (!done) {
          forget();
        }
      }
    }
  }

  private Tools tools() throws HostException, InterruptedException {
    if (tools.isEmpty()) {
      var key = SigningKey.of(settings.keyFolder());
      tools = Optional.of(new Tools(key, new EndFinder(settings, key.fingerprint(), clock)));
    }
    return tools.get();
  }

  /** Entries that are written are not written again because they could not be signed. */
  private Optional<String> signed(ChainEnd at, Tools with, Optional<String> sign) {
    if (at.unsigned() == 0 || sign.isEmpty() && at.unsigned() < MOST_UNSIGNED) {
      return Optional.empty();
    }
    try {
      checkpoint(at, with, sign.orElse("entries"));
      return Optional.empty();
    } catch (IOException e) {
      forget();
      return Optional.of(PrivateDir.reason(e));
    }
  }

  /** Whether there is something since the last signature, and when that was. */
  boolean isUnsigned(Duration longer) {
    return end.isPresent()
        && end.get().unsigned() > 0
        && System.nanoTime() - lastSigned > longer.toNanos();
  }

  /** The checkpoints that were written since this was last asked. */
  List<byte[]> checkpoints() {
    var taken = List.copyOf(checkpoints);
    checkpoints.clear();
    return taken;
  }

  /** The disk has all that was added. */
  void force() throws IOException {
    if (end.isPresent()) {
      end.get().force();
    }
  }

  private void enter(ChainEnd at, Encoded entry) throws IOException {
    at.add(Line.of(at.n() + 1, entry, pid, at.head(), digest));
  }

  /** Where the chain ends now. */
  private ChainEnd located(Tools with) throws IOException, HostException {
    if (end.isPresent()) {
      var known = end.get();
      if (known.isCurrent() && !Files.exists(segments.path(known.number() + 1))) {
        return known;
      }
      forget();
    }
    end = with.finder().find();
    if (end.isEmpty()) {
      end = Optional.of(began(with));
    }
    return end.get();
  }

  /** Another file, if this one is full or its day is over. */
  private ChainEnd turned(ChainEnd at, Tools with) throws IOException {
    if (at.size() < settings.segmentBytes() && at.day().equals(Days.of(clock.instant()))) {
      return at;
    }
    checkpoint(at, with, "end of file");
    forceUnlessNone(at);
    var next = segment(with, at.number() + 1, at.log(), at.n(), at.head(), new Data());
    end = Optional.of(next);
    at.close();
    makeRoom(next, with);
    return next;
  }

  private void forceUnlessNone(ChainEnd at) throws IOException {
    if (settings.fsync() != AuditSettings.Fsync.NONE) {
      at.force();
    }
  }

  /** The first file of a log. */
  private ChainEnd began(Tools with) throws IOException {
    var data = new Data();
    // One that was here and is gone is not forgotten.
    Head.read(settings)
        .ifPresent(head -> data.text("replaces", head.log()).number("replaces_entries", head.n()));
    return segment(with, 1, UUID.randomUUID().toString(), 0, Line.ZEROS, data);
  }

  /** A file that is on the disk is found there only with its folder's entry. */
  private void forceFolder() throws IOException {
    if (settings.fsync() != AuditSettings.Fsync.NONE) {
      try (var folder = FileChannel.open(settings.folder(), StandardOpenOption.READ)) {
        folder.force(true);
      }
    }
  }

  private ChainEnd segment(Tools with, long number, String log, long n, String head, Data more)
      throws IOException {
    var now = clock.instant();
    var at =
        new ChainEnd(
            SegmentFile.create(segments.path(number)), number, log, Days.of(now), 0, n, head, 0);
    enter(
        at,
        Encoded.of(
            more.text("log", log)
                .number("segment", number)
                .text("key", with.key().fingerprint())
                .entry(AuditKind.SEGMENT, now)));
    at.flush();
    forceFolder();
    return at;
  }

  /** Removes the oldest files, as many as must be; that is entered and signed before. */
  private void makeRoom(ChainEnd at, Tools with) throws IOException {
    var numbers = segments.numbers();
    long bytes = segments.bytes();
    var gone = new ArrayList<Long>();
    long freed = 0;
    for (long number : numbers) {
      if (bytes - freed + settings.segmentBytes() <= settings.mostBytes()
          || number == at.number()) {
        break;
      }
      freed += Files.size(segments.path(number));
      gone.add(number);
    }
    if (gone.isEmpty()) {
      return;
    }
    var data =
        new Data()
            .text("what", "the oldest files were removed: the log may not grow further")
            .number("first_segment", gone.getFirst())
            .number("last_segment", gone.getLast())
            .number("bytes", freed);
    enter(at, Encoded.of(data.entry(AuditKind.REMOVED, clock.instant())));
    checkpoint(at, with, "removal", first(gone.getLast() + 1));
    forceUnlessNone(at);
    for (long number : gone) {
      Files.deleteIfExists(segments.path(number));
    }
  }

  private void checkpoint(ChainEnd at, Tools with, String why) throws IOException {
    checkpoint(at, with, why, first(segments.numbers().getFirst()));
  }

  /** The first line of a file. */
  private Line first(long number) throws IOException {
    try (var file = SegmentFile.open(segments.path(number))) {
      byte[] line = file.firstLine().orElse(new byte[0]);
      return Line.scan(line, 0, line.length, digest)
          .orElseThrow(() ->
              new IOException(
                  "the first line of " + segments.path(number) + " is not what was written"));
    }
  }

  private void checkpoint(ChainEnd at, Tools with, String why, Line first) throws IOException {
    var written =
        Checkpoint.write(
            at.log(),
            at.n() + 1,
            clock.instant(),
            at.head(),
            first.n(),
            first.prev(),
            why,
            pid,
            with.key(),
            digest);
    at.add(written);
    at.flush();
    Head.write(settings, written.bytes());
    at.signed();
    lastSigned = System.nanoTime();
    checkpoints.add(written.bytes());
  }

  /** What was not written is gone, and the end is looked for again. */
  private void forget() {
    end.ifPresent(at -> {
      try {
        at.close();
      } catch (IOException _) {
        // Nothing was left to be written by it.
      }
    });
    end = Optional.empty();
  }

  @Override
  public void close() {
    forget();
  }
}
