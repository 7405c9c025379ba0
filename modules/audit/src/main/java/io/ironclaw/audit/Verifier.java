package io.ironclaw.audit;

import io.ironclaw.api.AuditKind;
import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.host.Sha256;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Goes through a log from its oldest entry to its newest and finds the first thing that was
 * changed, removed, put elsewhere or put in again. For one use.
 */
public final class Verifier {
  private static final int MOST_NOTES = 20;

  private final AuditSettings settings;
  private final Segments segments;
  private final Map<String, PublicKey> keys = new HashMap<>();
  private final MessageDigest digest = Sha256.running();
  private final List<String> notes = new ArrayList<>();

  private Claims claims = new Claims(Map.of());
  private Optional<Verification.Break> broken = Optional.empty();
  private Optional<Line> previous = Optional.empty();
  private String log = "";
  private long newestSize = Long.MAX_VALUE;
  private long first;
  private String firstPrev = Line.ZEROS;
  private long entries;
  private long signatures;
  private long signedThrough;
  private Optional<Checkpoint> newest = Optional.empty();

  private Verifier(AuditSettings settings) {
    this.settings = settings;
    segments = new Segments(settings.folder());
  }

  /**
   * Verifies a log, while it is written or not.
   *
   * @param publicKeys files of keys that checkpoints may be signed with; none = that of the key's
   *     folder
   * @param anchors files with checkpoints that were kept elsewhere
   * @throws HostException if the log or a file can't be read
   */
  public static Verification verify(
      AuditSettings settings, List<Path> publicKeys, List<Path> anchors) throws HostException {
    try {
      return new Verifier(settings).verify(publicKeys, anchors);
    } catch (IOException e) {
      throw new HostException(
          "the audit in " + settings.folder() + " can't be read: " + PrivateDir.reason(e), e);
    }
  }

  private Verification verify(List<Path> publicKeys, List<Path> anchors)
      throws IOException, HostException {
    boolean isNew =
        publicKeys.isEmpty()
            && anchors.isEmpty()
            && segments.numbers().isEmpty()
            && !Files.exists(SigningKey.publicFile(settings.keyFolder()));
    if (isNew) {
      return new Verification(0, 0, 0, 0, 0, Optional.empty(), List.of("there is no log yet"));
    }
    var files =
        publicKeys.isEmpty() ? List.of(SigningKey.publicFile(settings.keyFolder())) : publicKeys;
    for (var file : files) {
      var key = SigningKey.publicKey(file);
      keys.put(SigningKey.fingerprint(key), key);
    }
    claims = new Claims(keys);
    // Before the log is read: what is written meanwhile is newer than this.
    if (!claims.readHead(settings)) {
      note(
          "there is no head in %s: that the end is missing can't be known"
              .formatted(settings.keyFolder()));
    }
    for (var anchor : anchors) {
      claims.readAnchor(anchor);
    }
    var numbers = now();
    for (int i = 0; i < numbers.size() && broken.isEmpty(); i++) {
      if (i > 0 && numbers.get(i) != numbers.get(i - 1) + 1) {
        breakAt("", 0, "file " + name(numbers.get(i - 1) + 1) + " is missing");
      } else {
        file(numbers.get(i), i == 0, i == numbers.size() - 1);
      }
    }
    if (broken.isEmpty()) {
      finish();
    }
    return new Verification(
        entries, first, previous.map(Line::n).orElse(0L), signedThrough, signatures, broken, notes);
  }

  /** The files that are there, and how far the newest is written, while nobody writes. */
  private List<Long> now() throws IOException, HostException {
    if (!Files.isWritable(segments.lockFile())) {
      // Nobody writes it, or somebody else's: then a line that is just written may look cut short.
      return segments.numbers();
    }
    try (var _ = segments.lock("looking at the audit")) {
      var numbers = segments.numbers();
      if (!numbers.isEmpty()) {
        newestSize = Files.size(segments.path(numbers.getLast()));
      }
      return numbers;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException("interrupted while the audit was verified", e);
    }
  }

  private InputStream open(long number, boolean newestFile) throws IOException {
    var in = Files.newInputStream(segments.path(number));
    return newestFile ? new Limited(in, newestSize) : in;
  }

  /** So much of a file and no more. */
  private static final class Limited extends FilterInputStream {
    private long left;

    Limited(InputStream in, long most) {
      super(in);
      left = most;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int read = in.read(bytes, offset, (int) Math.min(length, left));
      left -= Math.max(0, read);
      return read;
    }
  }

  private String name(long number) {
    return String.valueOf(segments.path(number).getFileName());
  }

  private void file(long number, boolean oldest, boolean newestFile)
      throws IOException, HostException {
    long at = 0;
    try (var in = open(number, newestFile)) {
      var lines = new Lines(in);
      for (var what = lines.next();
          what != Lines.What.END && broken.isEmpty();
          what = lines.next()) {
        at++;
        if (what == Lines.What.LINE) {
          line(lines, number, at, oldest);
        } else if (newestFile && lines.to() - lines.from() <= Line.MOST_BYTES) {
          breakAt(
              name(number),
              at,
              "the last line is not whole: a write was cut short, which the next process mends, or"
                  + " it was changed");
        } else {
          breakAt(name(number), at, "a line is not whole");
        }
      }
    } catch (NoSuchFileException e) {
      throw new HostException(
          "audit file " + name(number) + " was removed while the log was read: verify again", e);
    }
    if (at == 0 && broken.isEmpty()) {
      breakAt(name(number), 0, "the file is empty");
    }
  }

  private void line(Lines lines, long number, long at, boolean oldest) throws IOException {
    var scanned = Line.scan(lines.bytes(), lines.from(), lines.to(), digest);
    if (scanned.isEmpty()) {
      breakAt(name(number), at, "entry " + expected() + " was changed");
      return;
    }
    var line = scanned.get();
    if (previous.isEmpty()) {
      first = line.n();
      firstPrev = line.prev();
      if (line.n() == 1 && !line.prev().equals(Line.ZEROS)) {
        breakAt(name(number), at, "entry 1 does not begin a chain");
        return;
      }
    } else if (!follows(line, number, at)) {
      return;
    }
    if (at == 1) {
      header(lines, line, number, oldest);
    }
    var claimed = claims.take(line.n());
    if (claimed.isPresent() && !claimed.get().sha256().equals(line.sha256())) {
      breakAt(
          name(number),
          at,
          "entry %d is not the one that %s knows: the log was rewritten"
              .formatted(line.n(), claimed.get().by()));
      return;
    }
    clock(line, number, at);
    entries++;
    if (line.kind().equals(AuditKind.CUT.text())) {
      read(lines)
          .ifPresent(entry ->
              note(
                  "entry %d says: %s"
                      .formatted(
                          entry.n(), Printable.line(String.valueOf(entry.data().get("what"))))));
    }
    if (broken.isEmpty() && line.kind().equals(AuditKind.CHECKPOINT.text())) {
      checkpoint(lines, line, number, at);
    }
    previous = Optional.of(line);
  }

  private String expected() {
    return previous.map(line -> Long.toString(line.n() + 1)).orElse("(the oldest)");
  }

  private boolean follows(Line line, long number, long at) throws IOException {
    long wanted = previous.map(Line::n).orElse(0L) + 1;
    if (line.n() > wanted) {
      String what =
          line.n() == wanted + 1
              ? "entry " + wanted + " is missing"
              : "entries %d to %d are missing".formatted(wanted, line.n() - 1);
      var where = whereIs(wanted, number);
      breakAt(
          name(number),
          at,
          what
              + where
                  .map(place -> "; " + wanted + " stands later, at " + place + ": reordered")
                  .orElse(""));
    } else if (line.n() < wanted) {
      breakAt(name(number), at, "entry " + line.n() + " is here again: replayed, or reordered");
    } else if (!line.prev().equals(previous.map(Line::sha256).orElse(""))) {
      breakAt(
          name(number),
          at,
          "entry %d does not follow on entry %d: one of them was replaced"
              .formatted(line.n(), wanted - 1));
    }
    return broken.isEmpty();
  }

  /** An entry of a number, from a file on. */
  private Optional<String> whereIs(long n, long from) throws IOException {
    for (long number : segments.numbers()) {
      if (number < from) {
        continue;
      }
      try (var in = Files.newInputStream(segments.path(number))) {
        var lines = new Lines(in);
        long at = 0;
        for (var what = lines.next(); what == Lines.What.LINE; what = lines.next()) {
          at++;
          var line = Line.scan(lines.bytes(), lines.from(), lines.to(), digest);
          if (line.isPresent() && line.get().n() == n) {
            return Optional.of(name(number) + ", line " + at);
          }
        }
      }
    }
    return Optional.empty();
  }

  private void header(Lines lines, Line line, long number, boolean oldest) {
    var entry = read(lines);
    if (!line.kind().equals(AuditKind.SEGMENT.text())
        || !Long.valueOf(number).equals(entry.map(e -> e.data().get("segment")).orElse(""))) {
      breakAt(name(number), 1, "the file does not begin as file " + number + " does");
      return;
    }
    String id = String.valueOf(entry.map(e -> e.data().get("log")).orElse(""));
    if (oldest) {
      log = id;
      entry
          .filter(e -> e.data().containsKey("replaces"))
          .ifPresent(e ->
              note(
                  "another log was here before, of %s entries: it was moved away, or removed"
                      .formatted(e.data().get("replaces_entries"))));
    } else if (!id.equals(log)) {
      breakAt(name(number), 1, "the file is of another log");
    }
  }

  private static Optional<LoggedEntry> read(Lines lines) {
    return LineReader.read(Arrays.copyOfRange(lines.bytes(), lines.from(), lines.to()));
  }

  private void clock(Line line, long number, long at) {
    if (previous.isEmpty() || previous.get().at().compareTo(line.at()) <= 0) {
      return;
    }
    try {
      var back = Duration.between(Instant.parse(line.at()), Instant.parse(previous.get().at()));
      // Processes take their times before they take their turn.
      if (back.toSeconds() >= 30) {
        note(
            "%s, line %d: the clock went back by %d s"
                .formatted(name(number), at, back.toSeconds()));
      }
    } catch (DateTimeParseException _) {
      breakAt(name(number), at, "entry " + line.n() + " has no time");
    }
  }

  private void checkpoint(Lines lines, Line line, long number, long at) {
    var checkpoint = read(lines).flatMap(Checkpoint::of);
    var key = checkpoint.flatMap(c -> Optional.ofNullable(keys.get(c.key())));
    if (checkpoint.isEmpty()) {
      breakAt(name(number), at, "checkpoint " + line.n() + " is none");
    } else if (key.isEmpty()) {
      breakAt(
          name(number),
          at,
          "checkpoint %d is signed by key %s, which was not given (--key)"
              .formatted(line.n(), Printable.line(checkpoint.get().key())));
    } else if (!Checkpoint.isSigned(lines.bytes(), lines.from(), lines.to(), key.get())) {
      breakAt(name(number), at, "the signature of checkpoint " + line.n() + " is wrong");
    } else if (!checkpoint.get().head().equals(line.prev())
        || !checkpoint.get().log().equals(log)) {
      breakAt(name(number), at, "checkpoint " + line.n() + " is of another chain");
    } else {
      signatures++;
      signedThrough = line.n();
      newest = checkpoint;
    }
  }

  /** What only the end shows. */
  private void finish() {
    if (previous.isEmpty()) {
      if (claims.left().isEmpty()) {
        note("there is no log yet");
      }
    } else if (newest.isPresent()) {
      var last = newest.get();
      boolean fits = first == last.first() && firstPrev.equals(last.firstPrev());
      if (first > last.first() || first == last.first() && !fits) {
        breakAt(
            "",
            0,
            "entries before %d are missing: the oldest that was kept is %d"
                .formatted(first, last.first()));
      }
    } else if (first > 1) {
      breakAt(
          "",
          0,
          "entries before " + first + " are missing, and no checkpoint says that they may be");
    }
    claims.left().forEach(this::missing);
    long last = previous.map(Line::n).orElse(0L);
    if (broken.isEmpty() && last > signedThrough) {
      note(
          "entries %d to %d are after the newest signature: that none of them was changed with all that follow, or cut off, can't be known"
              .formatted(signedThrough + 1, last));
    }
  }

  private void missing(long n, Claims.Claim claimed) {
    long last = previous.map(Line::n).orElse(0L);
    if (!claimed.log().equals(log) && !log.isEmpty()) {
      breakAt("", 0, claimed.by() + " is of another log: this one was put in its place");
    } else if (n > last) {
      breakAt(
          "",
          0,
          "the end is missing: the log has %d entries, and %s knows of %d"
              .formatted(last, claimed.by(), n));
    } else if (n >= first) {
      breakAt("", 0, "entry " + n + ", which " + claimed.by() + " knows, is missing");
    }
    // Else it is older than what is kept.
  }

  private void breakAt(String file, long line, String what) {
    if (broken.isEmpty()) {
      broken = Optional.of(new Verification.Break(file, line, what));
    }
  }

  private void note(String text) {
    if (notes.size() < MOST_NOTES) {
      notes.add(text);
    } else if (notes.size() == MOST_NOTES) {
      notes.add("and more");
    }
  }
}
