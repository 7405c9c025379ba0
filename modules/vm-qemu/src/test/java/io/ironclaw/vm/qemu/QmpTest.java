package io.ironclaw.vm.qemu;

import static io.ironclaw.vm.qemu.Waiting.async;
import static io.ironclaw.vm.qemu.Waiting.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.VmStartException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class QmpTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final String EVENT =
      "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"RTC_CHANGE\","
          + " \"data\": {\"offset\": 3}}\n";

  @TempDir Path dir;

  private static Future<List<Object>> reply(FakeQemu qemu) {
    return async(() -> qemu.qmp().replies(1, "run the clone", LONG));
  }

  private static String migration(String status) {
    return "{\"event\": \"MIGRATION\", \"data\": {\"status\": \"" + status + "\"}}\n";
  }

  @Test
  void a_reply_comes_back_and_greeting_and_events_around_it_do_not_count() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      qemu.say(FakeQemu.GREETING);
      qemu.qmp().send(List.of(QmpJson.command("cont", Map.of())));
      assertThat(qemu.received()).isEqualTo("{\"execute\":\"cont\"}");
      qemu.say(EVENT + "{\"return\": {\"running\": true, \"n\": 7, \"l\": [null, 1.5]}}\n");
      assertThat(soon(reply(qemu)))
          .containsExactly(Map.of("running", true, "n", 7L, "l", List.of("1.5")));
    }
  }

  @Test
  void an_error_reply_is_told_with_the_command_and_qemus_words() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      qemu.say(
          FakeQemu.GREETING
              + "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no \\u001b[31mway\"}}\n");
      assertThatThrownBy(() -> soon(reply(qemu)))
          .isInstanceOf(VmStartException.class)
          .hasMessage("QEMU refused to run the clone: no \\u001b[31mway");
    }
  }

  @Test
  void an_error_reply_without_words_is_an_error_all_the_same() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      qemu.say("{\"error\": 7}\n");
      assertThatThrownBy(() -> soon(reply(qemu)))
          .hasMessage("QEMU refused to run the clone: it gives no reason");
    }
  }

  @Test
  void last_words_are_heard_when_qemu_hangs_up_right_after_them() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      qemu.say("{\"error\": {\"desc\": \"device is broken\"}}\n");
      qemu.hangUp();
      assertThatThrownBy(() -> soon(reply(qemu))).hasMessageContaining("device is broken");
      assertThatThrownBy(() -> soon(reply(qemu)))
          .hasMessage("QEMU ended while it should run the clone (QEMU closed it)");
    }
  }

  @Test
  void garbage_ends_the_session_with_what_is_wrong() throws Exception {
    for (var garbage :
        List.of(
            "SSH-2.0-OpenSSH_9.2\r\n", "[]\n", "\n", "{}\n", "\"return\"\n", "{\"event\": 1}\n")) {
      try (var qemu = FakeQemu.connected(dir)) {
        qemu.say(garbage);
        assertThatThrownBy(() -> soon(reply(qemu)))
            .isInstanceOf(VmStartException.class)
            .hasMessageContaining("while it should run the clone (QMP message is n");
      }
    }
  }

  @Test
  void a_line_that_never_ends_is_cut_off() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      var endless =
          async(() -> {
            var chunk = new byte[65_536];
            java.util.Arrays.fill(chunk, (byte) ' ');
            while (true) {
              qemu.say(chunk);
            }
          });
      assertThatThrownBy(() -> soon(reply(qemu)))
          .hasMessageContaining("a line of over " + LineReader.MAX_LINE + " bytes");
      assertThatThrownBy(() -> soon(endless)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void a_message_that_is_nested_too_deep_ends_the_session() throws Exception {
    for (var open : List.of("[", "{\"a\": ")) {
      try (var qemu = FakeQemu.connected(dir)) {
        qemu.say("{\"return\": " + open.repeat(5_000) + "\n");
        assertThatThrownBy(() -> soon(reply(qemu))).hasMessageContaining("nested over 32 deep");
      }
    }
  }

  @Test
  void a_qemu_that_never_answers_is_given_up_at_the_deadline() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      var waiter = async(() -> qemu.qmp().replies(1, "run the clone", SHORT));
      assertThatThrownBy(() -> soon(waiter))
          .isInstanceOf(VmStartException.class)
          .hasMessage("QEMU did not run the clone within 200 ms");
    }
  }

  @Test
  void a_flood_of_events_does_not_move_the_deadline() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      var flood =
          async(() -> {
            while (true) {
              qemu.say(EVENT.repeat(100));
            }
          });
      var waiter = async(() -> qemu.qmp().replies(1, "run the clone", SHORT));
      assertThatThrownBy(() -> soon(waiter)).hasMessageContaining("within 200 ms");
      var migration =
          async(() -> {
            qemu.qmp().migrated("save the template", SHORT);
            return "migrated";
          });
      assertThatThrownBy(() -> soon(migration)).hasMessageContaining("within 200 ms");
      qemu.qmp().close();
      assertThatThrownBy(() -> soon(flood)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void a_deadline_that_has_passed_is_passed_however_much_waits_to_be_read() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      qemu.say(EVENT.repeat(50) + FakeQemu.OK);
      qemu.hangUp();
      assertThatThrownBy(() -> qemu.qmp().replies(1, "run the clone", Duration.ZERO))
          .hasMessageContaining("within 0 ms");
    }
  }

  @Test
  void events_that_nobody_waits_for_take_no_room_from_a_reply() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      qemu.say(EVENT.repeat(Qmp.MOST_WAITING) + "{\"return\": {\"n\": 9}}\n");
      qemu.hangUp();
      assertThat(soon(reply(qemu))).containsExactly(Map.of("n", 9L));
    }
  }

  @Test
  void a_reply_that_is_cut_off_counts_for_nothing() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      qemu.say(FakeQemu.GREETING + "{\"return\": {\"a\"");
      qemu.hangUp();
      assertThatThrownBy(() -> soon(reply(qemu)))
          .hasMessage("QEMU ended while it should run the clone (QEMU closed it)");
    }
  }

  @Test
  void a_migration_counts_when_it_is_completed_and_a_failed_one_is_an_error() throws Exception {
    try (var qemu = FakeQemu.connected(dir)) {
      qemu.say(migration("setup") + FakeQemu.OK + migration("active") + migration("completed"));
      qemu.qmp().migrated("save the template", LONG);
      qemu.say(migration("active") + migration("failed"));
      assertThatThrownBy(() -> qemu.qmp().migrated("save the template", LONG))
          .hasMessage("QEMU could not save the template: its migration failed");
    }
  }

  @Test
  void random_bytes_never_hang_a_waiter() throws Exception {
    var random = new Random(11);
    for (int round = 0; round < 200; round++) {
      try (var qemu = FakeQemu.connected(dir)) {
        var waiter = async(() -> qemu.qmp().replies(1_000, "run the clone", LONG));
        var bytes = new byte[random.nextInt(2_000)];
        random.nextBytes(bytes);
        for (int i = 0; i < bytes.length; i += 1 + random.nextInt(50)) {
          bytes[i] = '\n';
        }
        try {
          qemu.say(FakeQemu.GREETING);
          qemu.say(bytes);
        } catch (IOException e) {
          assertThat(e).hasMessageContaining("pipe");
        }
        qemu.hangUp();
        assertThatThrownBy(() -> soon(waiter)).isInstanceOf(VmStartException.class);
      }
    }
  }
}
