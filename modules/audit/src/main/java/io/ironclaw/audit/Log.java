package io.ironclaw.audit;

import io.ironclaw.api.AuditKind;
import io.ironclaw.api.HostException;
import io.ironclaw.host.AtomicFile;
import io.ironclaw.host.NamedLock;
import io.ironclaw.host.PrivateDir;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
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

  /** Bytes that are looked through for the end of what was written whole. */
  private static final long MOST_CUT = 8L << 20;

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final AuditSettings settings;
  private final Segments segments;
  private final Clock clock;
  private final long pid = ProcessHandle.current().pid();
  private final MessageDigest digest = Hash.sha256();
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream(1 << 16);
  private final List<byte[]> signed = new ArrayList<>();
  private Optional<SigningKey> key = Optional.empty();
  private Optional<End> end = Optional.empty();
  private long lastSigned = System.nanoTime();

  /** Where the chain ends, in a file that is open. */
  private static final class End {
    private final SegmentFile file;
    private final long number;
    private final String log;
    private final String day;
    private long size;
    private long n;
    private String head;

    /** Entries since one was signed, as far as this process knows. */
    private int unsigned;

    End(SegmentFile file, long number, String log, String day) {
      this.file = file;
      this.number = number;
      this.log = log;
      this.day = day;
      this.head = Line.ZEROS;
    }
  }

  Log(AuditSettings settings, Clock clock) {
    this.settings = settings;
    this.clock = clock;
    segments = new Segments(settings.folder());
  }

  /**
   * Adds entries, all of them or none.
   *
   * @param sign whether the last is followed by a checkpoint in any case, and why
   * @throws IOException of the file, such as for a full disk
   * @throws HostException if the folder, the key or what is in the log is not as it should be
   */
  void append(List<Encoded> entries, Optional<String> sign)
      throws IOException, HostException, InterruptedException {
    PrivateDir.ensure(settings.folder());
    if (key.isEmpty()) {
      key = Optional.of(SigningKey.of(settings.keyFolder()));
    }
    boolean done = false;
    try (var _ =
        NamedLock.acquire(
            settings.folder().resolve("lock"), "writing the audit", PATIENCE, _ -> {})) {
      try {
        var at = turned(located());
        for (var entry : entries) {
          line(at, Line.of(at.n + 1, entry, pid, at.head, digest));
        }
        if (at.unsigned > 0 && (sign.isPresent() || at.unsigned >= MOST_UNSIGNED)) {
          checkpoint(at, sign.orElse("entries"));
        }
        flush(at);
        done = true;
      } finally {
        if (!done) {
          forget();
        }
      }
    }
  }

  /** Whether there is something since the last signature, and when that was. */
  boolean isUnsigned(Duration longer) {
    return end.isPresent()
        && end.get().unsigned > 0
        && System.nanoTime() - lastSigned > longer.toNanos();
  }

  /** The checkpoints that were written since this was last asked. */
  List<byte[]> checkpoints() {
    var taken = List.copyOf(signed);
    signed.clear();
    return taken;
  }

  /** The disk has all that was added. */
  void force() throws IOException {
    if (end.isPresent()) {
      end.get().file.force();
    }
  }

  private void line(End at, Line.Written line) throws IOException {
    pending.writeBytes(line.bytes());
    at.n++;
    at.head = line.sha256();
    at.unsigned++;
    if (pending.size() > 1 << 20) {
      flush(at);
    }
  }

  private void flush(End at) throws IOException {
    byte[] bytes = pending.toByteArray();
    pending.reset();
    at.file.append(bytes, bytes.length, at.size);
    at.size += bytes.length;
  }

  /** Where the chain ends now. */
  private End located() throws IOException, HostException {
    if (end.isPresent()) {
      var known = end.get();
      if (known.file.isUnchanged(known.size) && !Files.exists(segments.path(known.number + 1))) {
        return known;
      }
      forget();
    }
    var numbers = segments.numbers();
    var cut = new ArrayList<Encoded>();
    var found = Optional.<End>empty();
    for (int i = numbers.size() - 1; i >= 0 && found.isEmpty(); i--) {
      found = last(numbers.get(i), cut);
    }
    var at = found.isPresent() ? found.get() : began(1);
    end = Optional.of(at);
    if (found.isPresent()) {
      lost(at).ifPresent(cut::add);
    }
    for (var entry : cut) {
      line(at, Line.of(at.n + 1, entry, pid, at.head, digest));
    }
    if (!cut.isEmpty()) {
      // So that it is told once.
      at.unsigned = MOST_UNSIGNED;
    }
    return at;
  }

  /**
   * What was signed last and is not there any more: it was cut off, or the disk never had it. Who
   * goes on without a word would hide it.
   */
  private Optional<Encoded> lost(End at) throws IOException {
    var head = Head.read(settings);
    if (head.isEmpty()) {
      return Optional.empty();
    }
    var last = head.get();
    String what;
    if (!last.log().equals(at.log)) {
      what = "this is another log than the one that was signed last here";
    } else if (last.n() > at.n) {
      what =
          "the end of the log is missing: it ends at %d, and %d was signed"
              .formatted(at.n, last.n());
    } else if (last.n() == at.n && !last.sha256().equals(at.head)) {
      what = "the end of the log is not the one that was signed last";
    } else {
      return Optional.empty();
    }
    return Optional.of(
        Encoded.of(
            new Data()
                .text("what", what)
                .text("log", last.log())
                .number("signed", last.n())
                .text("signed_sha256", last.sha256())
                .entry(AuditKind.CUT, clock.instant())));
  }

  /**
   * The end of a file; what was cut short there is taken away. A file that has no whole line, as
   * its first was cut short, is taken away as well.
   */
  private Optional<End> last(long number, List<Encoded> cut) throws IOException, HostException {
    Path path = segments.path(number);
    var file = SegmentFile.open(path);
    boolean done = false;
    try {
      long size = file.size();
      long from = Math.max(0, size - 2L * Line.MOST_BYTES);
      byte[] tail = file.read(from, size);
      int whole = lastIndexOf(tail, tail.length);
      if (from > 0 && lastIndexOf(tail, whole) < 0) {
        // More than a line was cut short: after a crash of the host, there may be zeros.
        from = Math.max(0, size - MOST_CUT);
        tail = file.read(from, size);
        whole = lastIndexOf(tail, tail.length);
      }
      if (whole + 1 < tail.length) {
        cut.add(cut(number, Arrays.copyOfRange(tail, whole + 1, tail.length)));
        file.truncate(from + whole + 1);
      }
      var header = whole < 0 ? Optional.<byte[]>empty() : file.firstLine();
      if (header.isEmpty()) {
        if (from > 0) {
          throw wrong(path);
        }
        Files.delete(path);
        return Optional.empty();
      }
      int begin = lastIndexOf(tail, whole) + 1;
      var line = Line.scan(tail, begin, whole, digest).orElseThrow(() -> wrong(path));
      var at = end(file, number, path, header.get());
      at.size = from + whole + 1;
      at.n = line.n();
      at.head = line.sha256();
      at.unsigned = line.kind().equals(AuditKind.CHECKPOINT.text()) ? 0 : 1;
      done = true;
      return Optional.of(at);
    } finally {
      if (!done) {
        file.close();
      }
    }
  }

  private End end(SegmentFile file, long number, Path path, byte[] header) throws HostException {
    var entry = LineReader.read(header).orElseThrow(() -> wrong(path));
    String by = String.valueOf(entry.data().get("key"));
    String mine = signingKey().fingerprint();
    if (!by.equals(mine)) {
      throw new HostException(
          "the audit in %s is signed by key %s, and the one in %s is %s; restore that, or move the log away"
              .formatted(settings.folder(), by, settings.keyFolder(), mine));
    }
    return new End(
        file,
        number,
        String.valueOf(entry.data().get("log")),
        entry.at().toString().substring(0, 10));
  }

  private static HostException wrong(Path path) {
    return new HostException(
        "the end of the audit in "
            + path
            + " is not what was written; see ironclaw audit verify, and move the log away to begin"
            + " another");
  }

  private static int lastIndexOf(byte[] bytes, int before) {
    int i = before - 1;
    while (i >= 0 && bytes[i] != '\n') {
      i--;
    }
    return i;
  }

  private Encoded cut(long number, byte[] bytes) {
    return Encoded.of(
        new Data()
            .text("what", "the end of a write that was cut short was taken away")
            .number("segment", number)
            .number("bytes", bytes.length)
            .text("sha256", Hash.hex(bytes))
            .entry(AuditKind.CUT, clock.instant()));
  }

  private SigningKey signingKey() {
    return key.orElseThrow(() -> new IllegalStateException("the key was not loaded"));
  }

  /** Another file, if this one is full or its day is over. */
  private End turned(End at) throws IOException {
    String today = clock.instant().toString().substring(0, 10);
    if (at.size < settings.segmentBytes() && at.day.equals(today)) {
      return at;
    }
    checkpoint(at, "end of file");
    flush(at);
    if (settings.fsync() != AuditSettings.Fsync.NONE) {
      at.file.force();
    }
    var next = segment(at.number + 1, at.log, today, at.n, at.head, new Data());
    forceFolder();
    end = Optional.of(next);
    at.file.close();
    makeRoom(next);
    return next;
  }

  /** The first file of a log. */
  private End began(long number) throws IOException {
    String today = clock.instant().toString().substring(0, 10);
    var data = new Data();
    // One that was here and is gone is not forgotten.
    var before = Head.read(settings);
    before.ifPresent(
        head -> data.text("replaces", head.log()).number("replaces_entries", head.n()));
    var at = segment(number, UUID.randomUUID().toString(), today, 0, Line.ZEROS, data);
    forceFolder();
    return at;
  }

  /** A file that is on the disk is found there only with its folder's entry. */
  private void forceFolder() throws IOException {
    if (settings.fsync() != AuditSettings.Fsync.NONE) {
      try (var folder = FileChannel.open(settings.folder(), StandardOpenOption.READ)) {
        folder.force(true);
      }
    }
  }

  private End segment(long number, String log, String day, long n, String head, Data more)
      throws IOException {
    var at = new End(SegmentFile.create(segments.path(number)), number, log, day);
    at.n = n;
    at.head = head;
    var header =
        more.text("log", log).number("segment", number).text("key", signingKey().fingerprint());
    line(
        at,
        Line.of(
            n + 1,
            Encoded.of(header.entry(AuditKind.SEGMENT, clock.instant())),
            pid,
            head,
            digest));
    flush(at);
    return at;
  }

  /** Removes the oldest files, as many as must be; that is entered and signed before. */
  private void makeRoom(End at) throws IOException {
    var numbers = segments.numbers();
    long bytes = segments.bytes();
    var gone = new ArrayList<Long>();
    long freed = 0;
    for (long number : numbers) {
      if (bytes - freed + settings.segmentBytes() <= settings.mostBytes() || number == at.number) {
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
    line(
        at,
        Line.of(
            at.n + 1,
            Encoded.of(data.entry(AuditKind.REMOVED, clock.instant())),
            pid,
            at.head,
            digest));
    checkpoint(at, "removal", first(gone.getLast() + 1));
    flush(at);
    if (settings.fsync() != AuditSettings.Fsync.NONE) {
      at.file.force();
    }
    for (long number : gone) {
      Files.deleteIfExists(segments.path(number));
    }
  }

  private void checkpoint(End at, String why) throws IOException {
    checkpoint(at, why, first(segments.numbers().getFirst()));
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

  private void checkpoint(End at, String why, Line first) throws IOException {
    Instant now = clock.instant();
    var written =
        Checkpoint.write(
            at.log,
            at.n + 1,
            now,
            at.head,
            first.n(),
            first.prev(),
            why,
            pid,
            signingKey(),
            digest);
    line(at, written);
    flush(at);
    at.unsigned = 0;
    lastSigned = System.nanoTime();
    signed.add(written.bytes());
    Head.write(settings, written.bytes());
  }

  /** What was not written is gone, and the end is looked for again. */
  private void forget() {
    pending.reset();
    end.ifPresent(at -> {
      try {
        at.file.close();
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

  /**
   * The newest checkpoint, kept beside the key: who shortens a log can't shorten this, too, without
   * the key's folder.
   */
  record Head(String log, long n, String sha256) {
    private static final int NAME = 16;

    /** One for each place of a log. */
    private static Path file(AuditSettings settings) {
      byte[] place =
          settings
              .folder()
              .toAbsolutePath()
              .normalize()
              .toString()
              .getBytes(java.nio.charset.StandardCharsets.UTF_8);
      return settings.keyFolder().resolve("head-" + Hash.hex(place).substring(0, NAME) + ".jsonl");
    }

    static void write(AuditSettings settings, byte[] checkpoint) throws IOException {
      AtomicFile.write(file(settings), checkpoint);
    }

    /** The line; empty if there is none. */
    static Optional<byte[]> line(AuditSettings settings) throws IOException {
      try (var in = Files.newInputStream(file(settings))) {
        byte[] bytes = in.readNBytes(Line.MOST_BYTES);
        // Empty after a crash of the host: then it says nothing.
        return bytes.length > 0 && bytes[bytes.length - 1] == '\n'
            ? Optional.of(Arrays.copyOf(bytes, bytes.length - 1))
            : Optional.empty();
      } catch (NoSuchFileException _) {
        return Optional.empty();
      }
    }

    static Optional<Head> read(AuditSettings settings) throws IOException {
      return line(settings)
          .flatMap(LineReader::read)
          .flatMap(entry ->
              Checkpoint.of(entry)
                  .map(checkpoint -> new Head(checkpoint.log(), entry.n(), entry.sha256())));
    }
  }
}
