package io.ironclaw.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.Event;
import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.VmId;
import io.ironclaw.audit.Audit;
import io.ironclaw.audit.AuditSettings;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

@Timeout(60)
class AuditCommandsTest {
  private static final VmId VM = new VmId("vm-a");
  private static final String HOSTILE = "x\n\u001b[2J\u202e=1+1\",";

  @TempDir Path home;
  private final Harness harness = Harness.quiet();

  @BeforeEach
  void enter_some() {
    harness.env.put("HOME", home.toString());
    enter(
        new Event.ExecBegan(
            VM,
            1,
            List.of("echo", HOSTILE, "a b"),
            Optional.of("/tmp"),
            0,
            Set.of("A"),
            Set.of(),
            false,
            GuestSeccomp.BASIC),
        new Event.FileCopied(VM, false, "/tmp/" + HOSTILE, 3, "00ff", Optional.empty()),
        new Event.CommandRefused(VM, List.of(new ExecOutcome.Refused("mount", 7)), false),
        new Event.SandboxClosed(new VmId("vm-b")));
  }

  private AuditSettings settings() {
    Path state = home.resolve(".local/state/ironclaw");
    return AuditSettings.of(state.resolve("audit"), state.resolve("audit-key"));
  }

  private void enter(Event... events) {
    try (var audit = new Audit(Optional.of(settings()), text -> assertThat(text).isEmpty())) {
      for (var event : events) {
        audit.publish(event);
      }
    }
  }

  private Path file() {
    return settings().folder().resolve("00000001.jsonl");
  }

  private String out(String... args) {
    harness.stdout.reset();
    harness.stderr.reset();
    assertThat(harness.run(args)).as(harness.err()).isZero();
    return harness.out();
  }

  @Test
  void tail_shows_the_newest_of_what_is_asked_for_one_line_each() {
    assertThat(out("audit", "tail").lines()).hasSize(6);
    assertThat(out("audit", "tail", "-n", "2").lines()).hasSize(2);
    assertThat(out("audit", "tail", "--kind", "security"))
        .contains("guest-seccomp", "7 times", "call=mount")
        .doesNotContain("exec-began");
    assertThat(out("audit", "tail", "--vm", "vm-b").lines())
        .singleElement()
        .asString()
        .contains("vm-closed");
    assertThat(out("audit", "tail", "--since", "1h").lines()).hasSize(6);
    assertThat(harness.run("audit", "tail", "--kind", "nonsense")).isEqualTo(64);
    assertThat(harness.err()).contains("there is no such kind; there are security,");
  }

  @Test
  void text_of_a_guest_steers_nothing_in_any_output() {
    for (var args :
        List.of(
            List.of("audit", "tail"),
            List.of("audit", "tail", "--json"),
            List.of("audit", "show", "2"),
            List.of("audit", "show", "2", "--json"),
            List.of("audit", "export"),
            List.of("audit", "export", "--format", "csv"),
            List.of("audit", "export", "--format", "ocsf"),
            List.of("audit", "stats"))) {
      assertThat(out(args.toArray(String[]::new)))
          .as(args.toString())
          .matches("(?s)[\\x20-\\x7e\\r\\n]*")
          .doesNotContain("x\n");
    }
    assertThat(out("audit", "show", "2")).contains("\\u001b[2J\\u202e=1+1");
  }

  @Test
  void tail_follows_what_is_added() throws Exception {
    var to = new PipedOutputStream();
    try (var in = new PipedInputStream(to, 1 << 16);
        var lines =
            new java.io.BufferedReader(
                new java.io.InputStreamReader(in, java.nio.charset.StandardCharsets.UTF_8))) {
      var follower =
          Thread.ofPlatform()
              .daemon()
              .start(() ->
                  Commands.run(
                      harness.context((OutputStream) to),
                      new String[] {"audit", "tail", "-f", "-n", "1"}));
      assertThat(lines.readLine()).contains("checkpoint");
      enter(new Event.SandboxClosed(new VmId("vm-new")));
      assertThat(lines.readLine()).contains("vm-closed", "vm-new");
      assertThat(lines.readLine()).contains("checkpoint");
      follower.interrupt();
      follower.join();
    }
  }

  @Test
  void verify_says_that_all_is_whole_and_where_it_is_not() throws Exception {
    assertThat(out("audit", "verify"))
        .isEqualTo("the audit is whole: 6 entries (1 to 6), signed through 6\n");
    Files.writeString(file(), Files.readString(file()).replace("\"exec\":1", "\"exec\":2"));
    harness.stdout.reset();
    assertThat(harness.run("audit", "verify")).isEqualTo(1);
    assertThat(harness.out())
        .startsWith("the audit is NOT whole: 00000001.jsonl, line 2: entry 2 was changed");
    harness.stdout.reset();
    assertThat(harness.run("audit", "verify", "--json")).isEqualTo(1);
    var json = JsonMapper.shared().readTree(harness.out());
    assertThat(json.get("whole").booleanValue()).isFalse();
    assertThat(json.get("line").intValue()).isEqualTo(2);
    harness.env.put("IRONCLAW_AUDIT_KEY", home.resolve("none").toString());
    harness.stderr.reset();
    assertThat(harness.run("audit", "verify")).isEqualTo(125);
    assertThat(harness.err()).contains("there is no key").hasLineCount(1);
  }

  @Test
  void a_checkpoint_that_was_kept_finds_a_log_that_was_put_in_its_place() throws Exception {
    Path kept = Files.writeString(home.resolve("kept"), out("audit", "checkpoint"));
    assertThat(out("audit", "verify", "--anchor", kept.toString())).contains("is whole");
    Files.delete(file());
    enter(new Event.SandboxClosed(VM), new Event.SandboxClosed(VM), new Event.SandboxClosed(VM));
    harness.stdout.reset();
    assertThat(harness.run("audit", "verify", "--anchor", kept.toString())).isEqualTo(1);
    assertThat(harness.out()).contains("NOT whole");
  }

  @Test
  void exports_are_what_their_formats_say() {
    var ocsf = out("audit", "export", "--format", "ocsf").lines().toList();
    var exec = JsonMapper.shared().readTree(ocsf.get(1));
    assertThat(exec.get("class_uid").intValue()).isEqualTo(1007);
    assertThat(exec.get("process").get("cmd_line").stringValue()).startsWith("echo x\n");
    var copied = JsonMapper.shared().readTree(ocsf.get(2));
    assertThat(copied.get("file").get("size").intValue()).isEqualTo(3);
    assertThat(copied.get("file").get("hashes").get(0).get("value").stringValue())
        .isEqualTo("00ff");
    var csv =
        out("audit", "export", "--format", "csv", "--kind", "guest-seccomp").split("\r\n", -1);
    assertThat(csv).hasSize(3);
    assertThat(csv[1])
        .contains("\"guest-seccomp\",\"7\",\"vm-a\"")
        .contains("\"\"call\"\":\"\"mount\"\"");
    assertThat(out("audit", "export").lines().map(JsonMapper.shared()::readTree)).hasSize(6);
    assertThat(harness.run("audit", "export", "--format", "xml")).isEqualTo(64);
  }

  @Test
  void stats_count_by_kind_and_what_was_lost() {
    var json = JsonMapper.shared().readTree(out("audit", "stats", "--json"));
    assertThat(json.get("kinds").get("guest-seccomp").intValue()).isEqualTo(7);
    assertThat(json.get("entries").intValue()).isEqualTo(6);
    assertThat(json.get("lost").intValue()).isZero();
    assertThat(out("audit", "stats")).contains("6 entries in 1 files", "7  guest-seccomp");
  }

  @Test
  void what_is_no_entry_is_left_out_and_told_and_nothing_is_there_is_no_error() throws Exception {
    Files.writeString(file(), "nonsense\n" + Files.readString(file()));
    assertThat(out("audit", "tail").lines()).hasSize(6);
    assertThat(harness.err()).contains("1 lines of the log are no entries");
    harness.env.put("IRONCLAW_AUDIT", home.resolve("empty").toString());
    assertThat(out("audit", "tail")).isEmpty();
    assertThat(out("audit", "stats")).contains("0 entries in 0 files");
    harness.env.put("IRONCLAW_AUDIT_KEY", home.resolve("none").toString());
    assertThat(out("audit", "verify")).contains("there is no log yet");
    assertThat(harness.run("audit", "show", "7")).isEqualTo(125);
    assertThat(harness.err()).contains("the log has no entry 7");
    harness.env.put("IRONCLAW_AUDIT", "off");
    harness.stderr.reset();
    assertThat(harness.run("audit", "tail")).isEqualTo(125);
    assertThat(harness.err())
        .isEqualTo("ironclaw: there is no audit: IRONCLAW_AUDIT=off; unset the variable\n");
    harness.stderr.reset();
    assertThat(harness.run("audit")).isEqualTo(64);
    assertThat(harness.err()).contains("say what to do");
  }
}
