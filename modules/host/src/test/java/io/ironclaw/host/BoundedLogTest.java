package io.ironclaw.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BoundedLogTest {
  @TempDir Path dir;

  @Test
  void a_flood_leaves_two_files_of_bounded_size_and_the_newest_bytes_at_hand() throws Exception {
    long flood = 50L << 20;
    try (var log = new BoundedLog(dir.resolve("console"))) {
      log.pump(new Flood(flood));
      log.pump(new ByteArrayInputStream("\nthe end\n".getBytes(StandardCharsets.UTF_8)));
      assertThat(log.total()).isEqualTo(flood + 9);
      assertThat(log.tail()).endsWith("the end");
    }
    long size = 0;
    try (var files = Files.list(dir)) {
      for (var file : files.toList()) {
        size += Files.size(file);
      }
    }
    assertThat(size).isBetween((long) BoundedLog.HALF, 2L * BoundedLog.HALF);
  }

  @Test
  void terminal_escapes_do_not_survive_in_the_tail() throws Exception {
    try (var log = new BoundedLog(dir.resolve("console"))) {
      log.pump(
          new ByteArrayInputStream("a\u001b]0;owned\u0007b\r\nc".getBytes(StandardCharsets.UTF_8)));
      assertThat(log.tail()).isEqualTo("a\\u001b]0;owned\\u0007b\nc");
    }
  }

  @Test
  void nothing_said_makes_no_file() throws Exception {
    try (var log = new BoundedLog(dir.resolve("console"))) {
      log.pump(InputStream.nullInputStream());
      assertThat(log.tail()).isEmpty();
    }
    assertThat(dir.resolve("console")).doesNotExist();
  }

  private void say(String name) throws IOException {
    try (var log = new BoundedLog(dir.resolve(name))) {
      log.pump(new ByteArrayInputStream(name.getBytes(StandardCharsets.UTF_8)));
    }
  }

  @Test
  void closing_a_log_removes_the_oldest_of_its_folder_with_both_halves() throws Exception {
    for (int i = 0; i < BoundedLog.MOST_LOGS; i++) {
      Path file = Files.writeString(dir.resolve("vm-" + i + ".log"), "x");
      Files.setLastModifiedTime(file, FileTime.fromMillis(1_000L * (i + 1)));
    }
    Files.writeString(dir.resolve("vm-0.log.1"), "x");
    Files.writeString(dir.resolve("other"), "x");
    try (var silent = new BoundedLog(dir.resolve("silent.log"))) {
      silent.pump(InputStream.nullInputStream());
    }
    assertThat(dir.resolve("vm-0.log.1")).exists();
    say("new.log");
    assertThat(dir.resolve("vm-0.log")).doesNotExist();
    assertThat(dir.resolve("vm-0.log.1")).doesNotExist();
    assertThat(dir.toFile().list()).hasSize(BoundedLog.MOST_LOGS + 1).contains("vm-1.log", "other");
  }

  @Test
  void a_log_that_was_removed_while_it_was_written_begins_again() throws Exception {
    Path file = dir.resolve("vm.log");
    try (var log = new BoundedLog(file)) {
      log.pump(new Flood(BoundedLog.HALF - 10));
      Files.delete(file);
      log.pump(new Flood(20));
      assertThat(log.tail()).doesNotContain("incomplete");
    }
    assertThat(file).hasSize(20);
  }

  /** So many bytes {@code x}, without holding them. */
  private static final class Flood extends InputStream {
    private long left;

    Flood(long bytes) {
      this.left = bytes;
    }

    @Override
    public int read() throws IOException {
      return left-- > 0 ? 'x' : -1;
    }

    @Override
    public int read(byte[] to, int offset, int length) {
      if (left <= 0) {
        return -1;
      }
      int n = (int) Math.min(length, left);
      java.util.Arrays.fill(to, offset, offset + n, (byte) 'x');
      left -= n;
      return n;
    }
  }
}
