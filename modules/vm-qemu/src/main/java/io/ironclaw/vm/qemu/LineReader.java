package io.ironclaw.vm.qemu;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Lines of at most 64 KiB, many times what QEMU says; a longer one is an error, not memory. */
final class LineReader {
  static final int MAX_LINE = 1 << 16;

  private final InputStream in;
  private byte[] buffer = new byte[8_192];
  private int start;
  private int end;

  LineReader(InputStream in) {
    this.in = in;
  }

  Optional<String> next() throws IOException {
    int scanned = start;
    while (true) {
      for (int i = scanned; i < end; i++) {
        if (buffer[i] == '\n') {
          var line = new String(buffer, start, i - start, StandardCharsets.UTF_8);
          start = i + 1;
          return Optional.of(line);
        }
      }
      int length = end - start;
      if (length > MAX_LINE) {
        throw new IOException("a line of over " + MAX_LINE + " bytes");
      }
      makeRoom(length);
      scanned = end;
      int n = in.read(buffer, end, buffer.length - end);
      if (n < 0) {
        return Optional.empty();
      }
      end += n;
    }
  }

  private void makeRoom(int length) {
    if (end < buffer.length) {
      return;
    }
    var target = length > buffer.length / 2 ? new byte[buffer.length * 2] : buffer;
    System.arraycopy(buffer, start, target, 0, length);
    buffer = target;
    start = 0;
    end = length;
  }
}
