package io.ironclaw.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class NamedLockTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(1_500);

  @TempDir Path dir;
  private Path file = Path.of("unset");
  private final List<String> told = new CopyOnWriteArrayList<>();

  @BeforeEach
  void name_it() {
    file = dir.resolve("a.lock");
  }

  private NamedLock acquire(Path name, Duration deadline) throws Exception {
    return NamedLock.acquire(name, "testing", deadline, told::add);
  }

  private Process start(Class<?> main) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            main.getName(),
            file.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  static final class Asking {
    private Asking() {}

    public static void main(String[] args) throws Exception {
      var lock = NamedLock.tryAcquire(Path.of(args[0]), "asking");
      System.out.println(lock.isPresent() ? "free" : "held");
    }
  }

  /** Holds the lock in a process of its own, which ends when its stdin does. */
  private Process other() throws Exception {
    var other = start(Other.class);
    assertThat(other.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("locked");
    return other;
  }

  static final class Other {
    private Other() {}

    public static void main(String[] args) throws Exception {
      try (var _ = NamedLock.acquire(Path.of(args[0]), "building", LONG, _ -> {})) {
        System.out.println("locked");
        System.out.flush();
        while (System.in.read() >= 0) {
          // Until the test ends.
        }
      }
    }
  }

  @Test
  void two_users_of_one_process_take_turns_by_the_name_however_it_is_written() throws Exception {
    var first = acquire(file, LONG);
    var second = new FutureTask<>(() -> acquire(dir.resolve("x/../a.lock"), LONG));
    Thread.ofVirtual().start(second);
    assertThatThrownBy(() -> second.get(300, TimeUnit.MILLISECONDS))
        .isInstanceOf(java.util.concurrent.TimeoutException.class);
    try (var _ = acquire(dir.resolve("b.lock"), LONG)) {
      // Another name is another lock.
    }
    first.close();
    second.get(5, TimeUnit.SECONDS).close();
  }

  @Test
  void who_waits_is_told_after_a_second_who_holds_it_and_gives_up_at_the_deadline()
      throws Exception {
    var other = other();
    try {
      assertThatThrownBy(() -> acquire(file, SHORT))
          .isInstanceOf(HostException.class)
          .hasMessageContaining("is locked for over 1 s by process " + other.pid());
      assertThat(told)
          .containsExactly("waiting for process " + other.pid() + ", which is building");
    } finally {
      other.destroyForcibly();
    }
    acquire(file, LONG).close();
  }

  @Test
  void a_wait_can_be_interrupted_and_leaves_the_lock_as_it_is() throws Exception {
    var other = other();
    try {
      var wait = new FutureTask<>(() -> acquire(file, LONG));
      var thread = Thread.ofPlatform().start(wait);
      while (told.isEmpty()) {
        Thread.onSpinWait();
      }
      thread.interrupt();
      assertThatThrownBy(() -> wait.get(2, TimeUnit.SECONDS))
          .hasCauseInstanceOf(InterruptedException.class);
    } finally {
      other.getOutputStream().close();
      other.waitFor();
    }
    // Neither the thread's turn nor the kernel's lock was left behind.
    acquire(file, LONG).close();
    acquire(file, LONG).close();
  }

  @Test
  void a_link_that_leads_to_the_same_folder_leads_to_the_same_lock() throws Exception {
    Path folder = Files.createDirectory(dir.resolve("folder"));
    Path link = Files.createSymbolicLink(dir.resolve("link"), folder);
    file = folder.resolve("lock");
    try (var _ = acquire(file, SHORT)) {
      assertThat(NamedLock.tryAcquire(link.resolve("lock"), "testing")).isEmpty();
      // Asking by the other name did not drop it, either.
      var other = start(Asking.class);
      assertThat(other.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("held");
    }
  }

  @Test
  void a_file_that_can_not_be_made_is_an_error_and_holds_up_nobody() throws Exception {
    Path missing = dir.resolve("no/such/folder/lock");
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> acquire(missing, SHORT)).hasMessageContaining("can't lock");
    }
    Files.createDirectories(missing.getParent());
    acquire(missing, SHORT).close();
  }
}
