package io.ironclaw.audit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * Where the chain of a log ends, in a file that is open, and the lines that are to follow there.
 * For whoever holds the log's lock.
 */
final class ChainEnd implements AutoCloseable {
  private static final int MOST_PENDING = 1 << 20;

  private final SegmentFile file;
  private final long number;
  private final String log;
  private final String day;
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream(1 << 14);
  private long size;
  private long n;
  private String head;
  private int unsigned;

  /**
   * @param number of the file
   * @param log the id of the log that it is of
   * @param day on which it was begun
   * @param size of the file
   * @param n number of the last entry
   * @param head hash of its line
   * @param unsigned entries since one was signed, as far as this is known
   */
  ChainEnd(
      SegmentFile file,
      long number,
      String log,
      String day,
      long size,
      long n,
      String head,
      int unsigned) {
    this.file = file;
    this.number = number;
    this.log = log;
    this.day = day;
    this.size = size;
    this.n = n;
    this.head = head;
    this.unsigned = unsigned;
  }

  long number() {
    return number;
  }

  String log() {
    return log;
  }

  String day() {
    return day;
  }

  long size() {
    return size;
  }

  /** Number of the last entry, those that are to be written among them. */
  long n() {
    return n;
  }

  /** Hash of its line. */
  String head() {
    return head;
  }

  int unsigned() {
    return unsigned;
  }

  void signed() {
    unsigned = 0;
  }

  /** It is signed before anything else is done. */
  void mustBeSigned() {
    unsigned = Math.max(unsigned, Log.MOST_UNSIGNED);
  }

  /** Adds a line; it is written when there are many, or by {@link #flush}. */
  void add(Line.Written line) throws IOException {
    pending.writeBytes(line.bytes());
    n++;
    head = line.sha256();
    unsigned++;
    if (pending.size() > MOST_PENDING) {
      flush();
    }
  }

  /** Writes what was added. */
  void flush() throws IOException {
    byte[] bytes = pending.toByteArray();
    pending.reset();
    file.append(bytes, size);
    size += bytes.length;
  }

  /** Whether the file ends where this ends. */
  boolean isCurrent() throws IOException {
    return file.isUnchanged(size);
  }

  void force() throws IOException {
    file.force();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
