package io.ironclaw.host;

import io.ironclaw.api.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * A log of hostile bytes that never takes more than {@code 2 * HALF} bytes of disk: when the file
 * is full it becomes {@code .1} and a new one starts. The newest {@link #TAIL} bytes are at hand
 * for error messages. The file is made with the first byte, so most VMs make none; closing one that
 * was made removes the oldest logs of its folder beyond {@link #MOST_LOGS}. Safe for many threads.
 */
public final class BoundedLog implements AutoCloseable {
  public static final int HALF = 131_072;
  public static final int TAIL = 4_096;
  public static final int MOST_LOGS = 200;

  private final Path file;
  private final byte[] ring = new byte[TAIL];
  private long total;
  private int inFile;
  private Optional<OutputStream> out = Optional.empty();
  private Optional<IOException> failure = Optional.empty();
  private boolean made;
  private boolean closed;

  public BoundedLog(Path file) {
    this.file = file;
  }

  /** Copies a stream into the log until it ends; blocks. */
  public void pump(InputStream from) throws IOException {
    var buffer = new byte[8_192];
    for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
      append(buffer, n);
    }
  }

  private synchronized void append(byte[] bytes, int length) {
    for (int i = Math.max(0, length - TAIL); i < length; i++) {
      ring[(int) ((total + i) % TAIL)] = bytes[i];
    }
    total += length;
    if (closed || failure.isPresent()) {
      return;
    }
    try {
      if (inFile + length > HALF) {
        rotate();
      }
      open().write(bytes, 0, length);
      inFile += length;
    } catch (IOException e) {
      // A full disk must not stop the VM; the tail stays in memory and says so.
      failure = Optional.of(e);
    }
  }

  private void rotate() throws IOException {
    if (out.isPresent()) {
      out.get().close();
      out = Optional.empty();
    }
    try {
      Files.move(file, olderHalf(file), StandardCopyOption.REPLACE_EXISTING);
    } catch (NoSuchFileException _) {
      // Removed as one of the oldest logs, or by a user: it begins again.
    }
    inFile = 0;
  }

  static Path olderHalf(Path log) {
    return log.resolveSibling(log.getFileName() + ".1");
  }

  static Path newerHalf(Path older) {
    String name = older.getFileName().toString();
    return older.resolveSibling(name.substring(0, name.length() - 2));
  }

  private OutputStream open() throws IOException {
    if (out.isEmpty()) {
      made = true;
      out =
          Optional.of(
              Files.newOutputStream(
                  file,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.WRITE));
    }
    return out.get();
  }

  /** Bytes that were logged in all, kept or not. */
  public synchronized long total() {
    return total;
  }

  /** The newest bytes as printable text, line by line. */
  public synchronized String tail() {
    int count = (int) Math.min(total, TAIL);
    var bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = ring[(int) ((total - count + i) % TAIL)];
    }
    var text = Printable.lines(new String(bytes, StandardCharsets.UTF_8).replace("\r", ""));
    var newest = text.substring(Math.max(0, text.length() - TAIL)).strip();
    return failure.map(e -> newest + "\n[log file incomplete: " + e + ']').orElse(newest);
  }

  public Path file() {
    return file;
  }

  @Override
  public synchronized void close() throws IOException {
    boolean first = !closed;
    closed = true;
    if (out.isPresent()) {
      out.get().close();
      out = Optional.empty();
    }
    if (first && made) {
      LogFolder.prune(file.resolveSibling(""), MOST_LOGS);
    }
  }
}
