package io.ironclaw.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.AuditKind;
import io.ironclaw.api.Event;
import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.NetworkDenial;
import io.ironclaw.host.Sha256;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EntriesTest {
  private static final Instant AT = Instant.parse("2026-01-02T03:04:05.678901Z");

  private static String line(Event event) {
    var text = new StringBuilder();
    for (var entry : Entries.of(event, AT)) {
      var written = Line.of(1, Encoded.of(entry), 7, Line.ZEROS, Sha256.running());
      text.append(new String(written.bytes(), StandardCharsets.ISO_8859_1));
    }
    return text.toString();
  }

  private static Event.ExecBegan exec(List<String> argv) {
    return new Event.ExecBegan(
        Logs.VM,
        3,
        argv,
        Optional.of("/tmp"),
        1000,
        Set.of("B", "A"),
        Set.of("B"),
        false,
        GuestSeccomp.BASIC);
  }

  @Test
  void a_command_is_entered_with_the_names_of_its_variables_and_how_it_ended() {
    assertThat(line(exec(List.of("echo", "hi"))))
        .startsWith(
            "{\"n\":1,\"at\":\"2026-01-02T03:04:05.678901Z\",\"kind\":\"exec-began\",\"data\":"
                + "{\"vm\":\"vm-x\",\"exec\":3,\"argv\":[\"echo\",\"hi\"],\"cwd\":\"/tmp\",\"uid\":1000,"
                + "\"env\":[\"A\",\"B\"],\"secret\":[\"B\"],\"seccomp\":\"basic\"},\"pid\":7,");
    var usage = new ExecOutcome.Usage(Duration.ofSeconds(1), Duration.ofMillis(20), 4_096, false);
    assertThat(
            line(
                new Event.ExecEnded(
                    Logs.VM,
                    3,
                    Optional.of(new ExecOutcome.Exited(7, usage)),
                    Optional.empty(),
                    1,
                    2,
                    3,
                    Duration.ofMillis(40))))
        .contains(
            "{\"vm\":\"vm-x\",\"exec\":3,\"status\":7,\"cpu_ms\":20,\"peak_kib\":4096,\"in\":1,"
                + "\"out\":2,\"err\":3,\"ms\":40}");
  }

  @Test
  void whatever_text_is_in_it_a_line_is_one_line_of_printable_ascii() {
    var hostile =
        "a\nb\r\u001b[2J\u0000\"}\n{\"n\":9} \u202e \u2028 \ud83d\ude00 \ud800 \u00e9\\\u007f";
    var line = line(exec(List.of(hostile, hostile)));
    assertThat(line).endsWith("\n").matches("[\\x20-\\x7e]*\n");
    var read = LineReader.read(line.strip().getBytes(StandardCharsets.US_ASCII)).orElseThrow();
    assertThat(read.data()).containsEntry("argv", List.of(hostile, hostile));
  }

  @Test
  void what_is_too_long_is_cut_and_said_to_be() {
    var many = new ArrayList<>(Collections.nCopies(4_000, "\u202e".repeat(100)));
    var line = line(exec(many));
    assertThat(line.length()).isLessThan(Line.MOST_BYTES);
    assertThat(line).contains("\"argv_left_out\":39", "\"argv_sha256\":\"");
    many.set(3_999, "other");
    assertThat(line(exec(many))).isNotEqualTo(line);
    assertThat(line(new Event.VmDied(Logs.VM, "x".repeat(100_000))).length())
        .isLessThan(Line.MOST_BYTES);
  }

  @Test
  void a_denial_says_what_would_allow_it_and_each_refused_call_is_counted() {
    assertThat(
            line(
                new Event.NetworkDenied(
                    Logs.VM,
                    new NetworkDenial("tcp to 192.0.2.1:80", Optional.of("192.0.2.1:80"), 1, AT))))
        .contains("\"rule\":\"192.0.2.1:80\",\"fix\":\"--allow 192.0.2.1:80\"");
    assertThat(
            line(
                new Event.CommandRefused(
                    Logs.VM,
                    List.of(new ExecOutcome.Refused("mount", 5), new ExecOutcome.Refused("bpf", 1)),
                    true)))
        .contains(
            "\"kind\":\"guest-seccomp\",\"times\":5,\"data\":{\"vm\":\"vm-x\",\"call\":\"mount\"",
            "\"call\":\"bpf\"",
            "\"at_least\":true");
  }

  @Test
  void every_kind_is_known_by_its_name() {
    for (var kind : AuditKind.values()) {
      assertThat(AuditKind.of(kind.text())).contains(kind);
    }
  }
}
