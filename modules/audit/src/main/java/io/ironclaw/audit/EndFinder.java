package io.ironclaw.audit;

import io.ironclaw.api.AuditKind;
import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import io.ironclaw.host.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Finds where the chain of a log ends, mends an end that was cut short, and notes what it mended or
 * missed. For whoever holds the log's lock; for one thread.
 */
final class EndFinder {
  /** Bytes that are looked through for the end of what was written whole. */
  private static final long MOST_CUT = 8L << 20;

  private final AuditSettings settings;
  private final Segments segments;
  private final String fingerprint;
  private final Clock clock;
  private final MessageDigest digest = Sha256.running();
  private final List<Encoded> findings = new ArrayList<>();
  private Optional<Encoded> missing = Optional.empty();

  /**
   * @param fingerprint of the key that signs
   */
  EndFinder(AuditSettings settings, String fingerprint, Clock clock) {
    this.settings = settings;
    this.segments = new Segments(settings.folder());
    this.fingerprint = fingerprint;
    this.clock = clock;
  }

  /** The end; empty if there is no log. */
  Optional<ChainEnd> find() throws IOException, HostException {
    var numbers = segments.numbers();
    var found = Optional.<ChainEnd>empty();
    for (int i = numbers.size() - 1; i >= 0 && found.isEmpty(); i--) {
      found = last(numbers.get(i));
    }
    missing = found.isPresent() ? lost(found.get()) : Optional.empty();
    return found;
  }

  /** What is to be entered of that: until it is, it stays here. */
  List<Encoded> findings() {
    var all = new ArrayList<>(findings);
    missing.ifPresent(all::add);
    return all;
  }

  /** It is entered. */
  void told() {
    findings.clear();
    missing = Optional.empty();
  }

  /**
   * What was signed last and is not there any more: it was cut off, or the disk never had it. Who
   * goes on without a word would hide it.
   */
  private Optional<Encoded> lost(ChainEnd at) throws IOException {
    var head = Head.read(settings);
    if (head.isEmpty()) {
      return Optional.empty();
    }
    var last = head.get();
    String what;
    if (!last.log().equals(at.log())) {
      what = "this is another log than the one that was signed last here";
    } else if (last.n() > at.n()) {
      what =
          "the end of the log is missing: it ends at %d, and %d was signed"
              .formatted(at.n(), last.n());
    } else if (last.n() == at.n() && !last.sha256().equals(at.head())) {
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
  private Optional<ChainEnd> last(long number) throws IOException, HostException {
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
        findings.add(cut(number, Arrays.copyOfRange(tail, whole + 1, tail.length)));
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
      var entry = LineReader.read(header.get()).orElseThrow(() -> wrong(path));
      requireKey(entry);
      done = true;
      return Optional.of(
          new ChainEnd(
              file,
              number,
              String.valueOf(entry.data().get("log")),
              Days.of(entry.at()),
              from + whole + 1,
              line.n(),
              line.sha256(),
              line.kind().equals(AuditKind.CHECKPOINT.text()) ? 0 : 1));
    } finally {
      if (!done) {
        file.close();
      }
    }
  }

  private void requireKey(LoggedEntry header) throws HostException {
    String by = String.valueOf(header.data().get("key"));
    if (!by.equals(fingerprint)) {
      throw new HostException(
          "the audit in %s is signed by key %s, and the one in %s is %s; restore that, or move the log away"
              .formatted(settings.folder(), Printable.line(by), settings.keyFolder(), fingerprint));
    }
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
            .text("sha256", Sha256.hex(bytes))
            .entry(AuditKind.CUT, clock.instant()));
  }
}
