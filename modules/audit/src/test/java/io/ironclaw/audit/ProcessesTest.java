package io.ironclaw.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many processes that write the same log, killed at any moment; and a disk that is full. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProcessesTest {
  private static final int KILLS = 100;
  private static final int WRITERS = 8;

  @TempDir Path folder;
  private final List<Writer> started = new CopyOnWriteArrayList<>();

  private record Writer(Process process, BufferedReader said) {
    void kill() throws Exception {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }

    String line() throws Exception {
      return String.valueOf(said.readLine());
    }
  }

  private static List<String> java(Path folder, long segment) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx48m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        WriterMain.class.getName(),
        folder.toString(),
        Long.toString(segment));
  }

  private Writer start(List<String> command) throws Exception {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var writer = new Writer(process, process.inputReader());
    started.add(writer);
    return writer;
  }

  @AfterEach
  void kill_all() throws Exception {
    for (var writer : started) {
      writer.kill();
    }
  }

  @Test
  void a_hundred_kills_while_eight_write_leave_a_log_that_is_whole() throws Exception {
    var random = new Random(5);
    var writers = new ArrayList<Writer>();
    for (int i = 0; i < KILLS; i++) {
      while (writers.size() < WRITERS) {
        writers.add(start(java(folder, 64 << 10)));
      }
      var oldest = writers.removeFirst();
      assertThat(oldest.line()).isEqualTo("writing");
      // At any moment of its writes.
      LockSupport.parkNanos(random.nextInt(20_000_000));
      oldest.kill();
    }
    kill_all();
    var settings = Logs.small(folder, 64 << 10, 512 << 10);
    // Whoever is next mends the end that the last kill may have cut.
    Logs.write(settings, 1);
    var verification = Logs.verify(settings);
    assertThat(verification.broken()).isEmpty();
    assertThat(verification.last()).isGreaterThan(KILLS);
    assertThat(Logs.entries(settings).stream().map(LoggedEntry::pid).distinct().count())
        .isGreaterThan(1);
  }

  /** In a file system of its own that is full after 700 KiB. */
  @Test
  void a_full_disk_stops_who_is_to_stop_and_the_log_is_whole_and_goes_on_when_there_is_room()
      throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    Path other = Files.createDirectory(folder.resolve("other"));
    var inside = new ArrayList<String>();
    inside.addAll(
        List.of(
            "unshare",
            "-rm",
            "sh",
            "-c",
            "mount -t tmpfs -o size=700k none %1$s && head -c 300000 /dev/zero >%1$s/filler"
                    .formatted(disk)
                + " && { \"$@\" & w=$!; read -r go; : >%1$s/filler; read -r go; kill -9 $w; wait;"
                    .formatted(disk)
                + " cp -r %s/log %s/key %s; echo copied; }".formatted(disk, disk, other),
            "sh"));
    inside.addAll(java(disk, 1 << 20));
    var writer = start(inside);
    try (var in = writer.process().outputWriter()) {
      assertThat(writer.line()).isEqualTo("writing");
      assertThat(writer.line())
          .contains("the audit can't be written", "No space left", "nothing is begun");
      in.write("go\n");
      in.flush();
      assertThat(writer.line()).isEqualTo("the audit is written again");
      in.write("go\n");
      in.flush();
      String last = writer.line();
      while (!last.equals("copied") && !last.equals("null")) {
        last = writer.line();
      }
      assertThat(last).isEqualTo("copied");
      assertThat(writer.process().waitFor(20, TimeUnit.SECONDS)).isTrue();
    }
    var settings = Logs.settings(other);
    // What did not fit was taken back by whoever wrote it.
    assertThat(Logs.entries(settings)).noneMatch(entry -> entry.kind().equals("cut"));
    Logs.write(settings, 1);
    // Its head is of another place, so the end is held to nothing but what is signed in it.
    assertThat(Logs.verify(settings).broken()).isEmpty();
    assertThat(Logs.verify(settings).entries()).isGreaterThan(100);
  }
}
