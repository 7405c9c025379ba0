package io.ironclaw.jail.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HostException;
import io.ironclaw.host.ffi.SeccompLibrary;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilterCacheTest {
  private static final int INSTRUCTION = 8;
  private static final String POLICY =
      "{\"otherwise\": \"kill_process\", \"rules\": [{\"action\": \"allow\", \"syscalls\":"
          + " [\"read\"]}]}";

  @TempDir private Path temp;

  private Path of(String json, boolean learning) throws Exception {
    return new FilterCache(temp.resolve("seccomp"))
        .of(
            new FilterCache.Wanted(
                json, learning ? FilterCache.Use.LEARN : FilterCache.Use.ENFORCE));
  }

  @Test
  void a_filter_is_whole_instructions_and_is_made_once() throws Exception {
    Path filter = of(POLICY, false);
    byte[] made = Files.readAllBytes(filter);
    assertThat(made.length % INSTRUCTION).isZero();
    assertThat(made.length).isGreaterThan(3 * INSTRUCTION);
    var time = Files.getLastModifiedTime(filter);
    assertThat(of(POLICY, false)).isEqualTo(filter);
    assertThat(Files.getLastModifiedTime(filter)).isEqualTo(time);
  }

  @Test
  void who_makes_it_at_the_same_time_gets_the_same() throws Exception {
    var tasks = new java.util.ArrayList<java.util.concurrent.Callable<Path>>();
    for (int i = 0; i < 16; i++) {
      tasks.add(() -> of(POLICY, false));
    }
    try (var threads = java.util.concurrent.Executors.newFixedThreadPool(16)) {
      for (var made : threads.invokeAll(tasks)) {
        assertThat(made.get()).isEqualTo(of(POLICY, false));
      }
    }
    try (var left = Files.list(temp.resolve("seccomp"))) {
      assertThat(left).hasSize(2);
    }
  }

  @Test
  void learning_and_another_policy_are_other_filters() throws Exception {
    Path filter = of(POLICY, false);
    assertThat(of(POLICY, true)).isNotEqualTo(filter).content().isNotEqualTo("");
    assertThat(Files.readAllBytes(of(POLICY, true))).isNotEqualTo(Files.readAllBytes(filter));
    assertThat(of(POLICY.replace("read", "write"), false)).isNotEqualTo(filter);
  }

  @Test
  void a_filter_that_is_not_what_was_made_is_made_again() throws Exception {
    Path filter = of(POLICY, false);
    byte[] made = Files.readAllBytes(filter);
    byte[] changed = made.clone();
    changed[changed.length - 1] ^= 0x7f;
    Files.write(filter, changed);
    assertThat(Files.readAllBytes(of(POLICY, false))).isEqualTo(made);
    Files.delete(filter);
    assertThat(Files.readAllBytes(of(POLICY, false))).isEqualTo(made);
  }

  @Test
  void a_name_that_this_host_does_not_know_is_told_unless_it_may_be_left_out() throws Exception {
    String unknown = POLICY.replace("\"read\"", "\"read\", \"frobnicate\"");
    assertThatThrownBy(() -> of(unknown, false))
        .isInstanceOf(HostException.class)
        .hasMessageContainingAll("knows no system call frobnicate", "optional");
    assertThat(of(unknown.replace("\"allow\",", "\"allow\", \"optional\": true,"), false)).exists();
    assertThatThrownBy(() -> of("{}", false)).isInstanceOf(HostException.class);
    assertThatThrownBy(() -> of("{\"threads\": {\"a\": {\"otherwise\": \"allow\"}}}", false))
        .hasMessageContaining("threads");
  }

  @Test
  void the_library_knows_names_and_numbers_of_this_host() throws Exception {
    try (var library = SeccompLibrary.open()) {
      int read = library.number("read").orElseThrow();
      assertThat(library.name(read)).contains("read");
      assertThat(library.number("frobnicate")).isEmpty();
      assertThat(library.name(99_999)).isEmpty();
    }
  }
}
