package io.ironclaw.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class QmpJsonTest {
  private static final List<String> REAL =
      List.of(
          FakeQemu.GREETING.strip(),
          "{\"return\": {\"status\": \"completed\", \"total-time\": 12, \"ram\": {\"mbps\": 1.5}}}",
          "{\"error\": {\"class\": \"GenericError\", \"desc\": \"Device 'x' not found\"}}",
          "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"MIGRATION\","
              + " \"data\": {\"status\": \"active\", \"list\": [true, false, null, [], {}]}}");

  @Test
  void strings_are_escaped_so_that_a_command_stays_one_line() {
    assertThat(
            QmpJson.command(
                "migrate", Map.of("uri", "unix:/a \"b\"\n{\"execute\": \"quit\"}\u2028")))
        .doesNotContain("\n")
        .startsWith("{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:/a \\\"b\\\"\\n{");
    assertThat(QmpJson.command("x", Map.of("l", List.of(Map.of("state", true)))))
        .isEqualTo("{\"execute\":\"x\",\"arguments\":{\"l\":[{\"state\":true}]}}");
  }

  @Test
  void each_kind_of_message_is_told_from_the_others() throws Exception {
    assertThat(QmpJson.parse(REAL.get(0))).isInstanceOf(Qmp.Message.Greeting.class);
    assertThat(QmpJson.parse(REAL.get(1))).isInstanceOf(Qmp.Message.Return.class);
    assertThat(QmpJson.parse(REAL.get(2)))
        .isEqualTo(new Qmp.Message.Failure("Device 'x' not found"));
    assertThat(QmpJson.parse(REAL.get(3))).isInstanceOf(Qmp.Message.Event.class);
  }

  @Test
  void numbers_beyond_any_type_are_errors_and_not_crashes() {
    assertThatThrownBy(() -> QmpJson.parse("{\"return\": {\"n\": " + "9".repeat(900) + "}}"))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> QmpJson.parse("{\"return\": {\"n\": 9223372036854775808}}"))
        .isInstanceOf(IOException.class);
  }

  @Test
  void every_real_message_cut_anywhere_is_an_error() throws Exception {
    for (var real : REAL) {
      for (int length = 0; length < real.length(); length++) {
        String cut = real.substring(0, length);
        assertThatThrownBy(() -> QmpJson.parse(cut)).as(cut).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void mutated_messages_give_a_message_or_a_typed_error_and_nothing_else() {
    var random = new Random(12);
    int accepted = 0;
    int refused = 0;
    for (int round = 0; round < 50_000; round++) {
      var bytes = REAL.get(random.nextInt(REAL.size())).getBytes(StandardCharsets.UTF_8);
      for (int i = random.nextInt(4); i >= 0; i--) {
        bytes[random.nextInt(bytes.length)] =
            (byte)
                (random.nextBoolean()
                    ? random.nextInt()
                    : "{}[]\",:0eE-tfn\\".charAt(random.nextInt(15)));
      }
      try {
        QmpJson.parse(new String(bytes, StandardCharsets.UTF_8));
        accepted++;
      } catch (IOException e) {
        refused++;
      }
    }
    assertThat(accepted).isGreaterThan(1_000);
    assertThat(refused).isGreaterThan(1_000);
  }
}
