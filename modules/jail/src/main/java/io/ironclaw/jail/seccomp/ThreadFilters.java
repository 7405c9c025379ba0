package io.ironclaw.jail.seccomp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Filters as Firecracker takes them, {@code --seccomp-filter}: a map from the kind of thread to its
 * program, serialized by a library of Rust's. Which one depends on Firecracker's version, and
 * nothing in the file says which it is. Firecracker takes an empty program, and runs that thread
 * without a filter; this does not.
 *
 * @see <a href="https://github.com/firecracker-microvm/firecracker/tree/main/src/seccompiler">its
 *     source</a>
 */
public final class ThreadFilters {
  /** The kinds of threads that Firecracker has: all of them, and no others. */
  static final List<String> KINDS = List.of("api", "vcpu", "vmm");

  private static final int INSTRUCTION = 8;
  private static final int MOST_INSTRUCTIONS = 4_096;

  /** What Firecracker reads of such a file at most. */
  private static final int MOST_BYTES = 100_000;

  private static final int LONG_COUNT = 0xff;

  /** How the map is written. */
  public enum Form {
    /** Up to 1.14: bincode, integers of fixed size, little endian. */
    BINCODE,
    /** From 1.15 on: bitcode 0.6, by columns. It packs; what is not packed it takes as well. */
    BITCODE
  }

  private ThreadFilters() {}

  /**
   * Writes one.
   *
   * @param programs arrays of struct sock_filter, by the kind of thread
   * @throws IOException if Firecracker would refuse it, or leave a thread without a filter
   */
  static byte[] write(Map<String, byte[]> programs, Form form) throws IOException {
    var sorted = new TreeMap<>(programs);
    if (!List.copyOf(sorted.keySet()).equals(KINDS)) {
      throw new IOException(
          "filters for the threads " + sorted.keySet() + "; Firecracker has " + KINDS);
    }
    for (var program : sorted.entrySet()) {
      int n = program.getValue().length;
      if (n == 0 || n % INSTRUCTION != 0 || n / INSTRUCTION > MOST_INSTRUCTIONS) {
        throw new IOException(
            "a filter of %d bytes for the thread %s: no filter, or none that fits"
                .formatted(n, program.getKey()));
      }
    }
    var out = new ByteArrayOutputStream();
    switch (form) {
      case BINCODE -> bincode(sorted, out);
      case BITCODE -> bitcode(sorted, out);
    }
    if (out.size() > MOST_BYTES) {
      throw new IOException("filters of " + out.size() + " bytes; Firecracker reads " + MOST_BYTES);
    }
    return out.toByteArray();
  }

  private static void bincode(SortedMap<String, byte[]> programs, ByteArrayOutputStream out) {
    out.writeBytes(word(programs.size()));
    programs.forEach((kind, program) -> {
      out.writeBytes(word(kind.length()));
      out.writeBytes(kind.getBytes(StandardCharsets.US_ASCII));
      out.writeBytes(word(program.length / INSTRUCTION));
      out.writeBytes(program);
    });
  }

  /** Each column begins with 0: it is not packed. */
  private static void bitcode(SortedMap<String, byte[]> programs, ByteArrayOutputStream out) {
    out.write(programs.size());
    out.write(0);
    programs.keySet().forEach(kind -> out.write(kind.length()));
    programs.keySet().forEach(kind -> out.writeBytes(kind.getBytes(StandardCharsets.US_ASCII)));
    out.write(0);
    var longCounts = new ByteArrayOutputStream();
    programs
        .values()
        .forEach(program -> {
          int count = program.length / INSTRUCTION;
          out.write(Math.min(count, LONG_COUNT));
          if (count >= LONG_COUNT) {
            longCounts.writeBytes(word(count));
          }
        });
    if (longCounts.size() > 0) {
      out.write(0);
      out.writeBytes(longCounts.toByteArray());
    }
    out.write(0);
    programs.values().forEach(out::writeBytes);
  }

  private static byte[] word(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }
}
