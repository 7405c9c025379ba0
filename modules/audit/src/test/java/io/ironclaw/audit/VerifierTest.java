package io.ironclaw.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HostException;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.host.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class VerifierTest {
  @TempDir Path folder;
  private AuditSettings settings;

  @BeforeEach
  void write_a_log() throws Exception {
    settings = Logs.settings(folder);
    Logs.write(settings, 8);
    Logs.write(settings, 8);
  }

  private Path file() throws IOException {
    return Logs.files(settings).getFirst();
  }

  private List<String> lines() throws IOException {
    return new ArrayList<>(Files.readAllLines(file()));
  }

  private void put(List<String> lines) throws IOException {
    Files.writeString(file(), String.join("\n", lines) + "\n");
  }

  private String found() throws Exception {
    return Logs.verify(settings).broken().map(Object::toString).orElse("whole");
  }

  @Test
  void a_log_that_nobody_touched_is_whole_and_signed_to_its_end() throws Exception {
    var verification = Logs.verify(settings);
    assertThat(verification.broken()).isEmpty();
    // The file's begin, 16 entries, two checkpoints.
    assertThat(verification.entries()).isEqualTo(19);
    assertThat(verification.signedThrough()).isEqualTo(19);
    assertThat(verification.signatures()).isEqualTo(2);
    assertThat(verification.notes()).isEmpty();
  }

  @Test
  void any_single_byte_that_is_changed_is_found() throws Exception {
    byte[] whole = Files.readAllBytes(file());
    var random = new Random(3);
    for (int i = 0; i < whole.length; i++) {
      byte[] changed = whole.clone();
      changed[i] ^= (byte) (1 + random.nextInt(255));
      Files.write(file(), changed);
      assertThat(Logs.verify(settings).isWhole()).as("byte %d", i).isFalse();
    }
  }

  @Test
  void any_entry_that_is_removed_put_in_again_or_put_elsewhere_is_found() throws Exception {
    var whole = lines();
    for (int i = 0; i < whole.size(); i++) {
      var lines = new ArrayList<>(whole);
      String line = lines.remove(i);
      put(lines);
      assertThat(found()).as("removed %d", i + 1).isNotEqualTo("whole");
      for (int j = 0; j <= lines.size(); j++) {
        var moved = new ArrayList<>(lines);
        moved.add(j, line);
        put(moved);
        assertThat(found().equals("whole")).as("%d at %d", i, j).isEqualTo(i == j);
        var again = new ArrayList<>(whole);
        again.add(j, line);
        put(again);
        assertThat(found()).isNotEqualTo("whole");
      }
    }
  }

  @Test
  void what_was_done_is_said_with_its_place() throws Exception {
    var whole = lines();
    var lines = new ArrayList<>(whole);
    lines.set(4, lines.get(4).replace("entry 3", "entry 9"));
    put(lines);
    assertThat(found()).isEqualTo("00000001.jsonl, line 5: entry 5 was changed");
    lines = new ArrayList<>(whole);
    lines.remove(4);
    put(lines);
    assertThat(found()).isEqualTo("00000001.jsonl, line 5: entry 5 is missing");
    lines = new ArrayList<>(whole);
    Collections.swap(lines, 4, 6);
    put(lines);
    assertThat(found())
        .isEqualTo(
            "00000001.jsonl, line 5: entries 5 to 6 are missing; 5 stands later, at 00000001.jsonl,"
                + " line 7: reordered");
    lines = new ArrayList<>(whole);
    lines.add(6, lines.get(2));
    put(lines);
    assertThat(found())
        .isEqualTo("00000001.jsonl, line 7: entry 3 is here again: replayed, or reordered");
  }

  @Test
  void an_end_that_is_cut_off_is_known_by_the_head_beside_the_key() throws Exception {
    var whole = lines();
    for (int keep = 1; keep < whole.size(); keep++) {
      put(whole.subList(0, keep));
      assertThat(found()).contains("the end is missing", "knows of 19");
    }
    PrivateDir.deleteTree(settings.folder());
    assertThat(found()).contains("the end is missing: the log has 0 entries");
  }

  /** Its own hash is right, and no signature or head is of it. */
  @Test
  void an_entry_that_was_replaced_by_one_whose_own_hash_is_right_is_found() throws Exception {
    var whole = lines();
    for (int i = 1; i < whole.size() - 1; i++) {
      var lines = new ArrayList<>(whole);
      String line = lines.get(i);
      String hashed =
          line.substring(0, line.indexOf(",\"sha256\"")).replace("\"pid\":", "\"pid\":9");
      lines.set(
          i,
          hashed
              + ",\"sha256\":\""
              + Sha256.hex(hashed.getBytes(StandardCharsets.US_ASCII))
              + "\"}");
      put(lines);
      assertThat(found()).as("entry %d", i + 1).contains("entry " + (i + 2) + " does not follow");
    }
  }

  /** Else the next process would hide it. */
  @Test
  void whoever_goes_on_after_an_end_that_was_cut_off_enters_that() throws Exception {
    var whole = lines();
    put(whole.subList(0, 12));
    Logs.write(settings, 1);
    Logs.write(settings, 1);
    var verification = Logs.verify(settings);
    assertThat(verification.broken()).isEmpty();
    assertThat(verification.notes())
        .containsExactly(
            "entry 13 says: the end of the log is missing: it ends at 12, and 19 was signed");
    // And after one that was rewritten.
    Logs.write(settings, 1);
    var lines = lines();
    var last = lines.removeLast();
    String hashed = last.substring(0, last.indexOf(",\"sha256\"")).replace("end", "END");
    lines.add(
        hashed + ",\"sha256\":\"" + Sha256.hex(hashed.getBytes(StandardCharsets.US_ASCII)) + "\"}");
    put(lines);
    assertThat(Logs.verify(settings).isWhole()).isFalse();
    Logs.write(settings, 1);
    assertThat(Logs.entries(settings))
        .anyMatch(
            e -> String.valueOf(e.data().get("what")).contains("is not the one that was signed"));
  }

  @Test
  void who_rewrites_the_chain_without_the_key_is_found_by_the_signature() throws Exception {
    var rewritten = new StringBuilder();
    String prev = Line.ZEROS;
    for (var line : lines()) {
      // As an attacker would: another text, and every hash after it made right.
      String changed =
          line.replace("entry 3", "entry 9")
              .replaceFirst("\"head\":\"[0-9a-f]*\"", "\"head\":\"" + prev + "\"");
      changed = changed.substring(0, changed.indexOf(",\"prev\":\""));
      String hashed = changed + ",\"prev\":\"" + prev + "\"";
      prev = Sha256.hex(hashed.getBytes(StandardCharsets.US_ASCII));
      rewritten.append(hashed).append(",\"sha256\":\"").append(prev).append("\"}\n");
    }
    Files.writeString(file(), rewritten);
    assertThat(found()).containsAnyOf("checkpoint 10", "entry 10", "rewritten");
    // Nor with the head gone, too.
    try (var files = Files.list(settings.keyFolder())) {
      for (var head : files.filter(f -> f.getFileName().toString().startsWith("head")).toList()) {
        Files.delete(head);
      }
    }
    assertThat(found()).endsWith("the signature of checkpoint 10 is wrong");
  }

  @Test
  void an_old_copy_of_the_log_is_found() throws Exception {
    byte[] old = Files.readAllBytes(file());
    Logs.write(settings, 3);
    Files.write(file(), old);
    assertThat(found()).contains("the end is missing");
  }

  @Test
  void another_log_of_the_same_key_does_not_pass_for_it() throws Exception {
    var other = AuditSettings.of(folder.resolve("other"), settings.keyFolder());
    Logs.write(other, 30);
    assertThat(Logs.verify(other).broken()).isEmpty();
    Files.write(file(), Files.readAllBytes(Logs.files(other).getFirst()));
    assertThat(found()).containsAnyOf("another log", "the log was rewritten");
  }

  @Test
  void a_log_that_begins_anew_says_that_there_was_one() throws Exception {
    PrivateDir.deleteTree(settings.folder());
    Logs.write(settings, 2);
    var verification = Logs.verify(settings);
    assertThat(verification.broken()).isEmpty();
    assertThat(verification.notes())
        .anyMatch(note -> note.contains("another log was here before, of 19 entries"));
  }

  @Test
  void what_is_not_signed_yet_is_said() throws Exception {
    try (var log = new Log(settings, java.time.Clock.systemUTC())) {
      log.append(List.of(Logs.entry("more")), java.util.Optional.empty());
      var verification = Logs.verify(settings);
      assertThat(verification.broken()).isEmpty();
      assertThat(verification.notes())
          .anyMatch(note -> note.startsWith("entries 20 to 20 are after the newest signature"));
    }
  }

  @Test
  void a_checkpoint_by_another_key_is_not_taken() throws Exception {
    var foreign = AuditSettings.of(folder.resolve("foreign"), folder.resolve("foreign-key"));
    Logs.write(foreign, 3);
    Files.write(file(), Files.readAllBytes(Logs.files(foreign).getFirst()));
    try (var files = Files.list(settings.keyFolder())) {
      for (var head : files.filter(f -> f.getFileName().toString().startsWith("head")).toList()) {
        Files.delete(head);
      }
    }
    assertThat(found()).contains("signed by key", "which was not given");
    assertThat(
            Verifier.verify(
                    settings, List.of(SigningKey.publicFile(foreign.keyFolder())), List.of())
                .broken())
        .isEmpty();
  }

  @Test
  void an_anchor_finds_what_was_rewritten_with_the_key() throws Exception {
    Path anchor = folder.resolve("anchor");
    Files.write(
        anchor,
        ("Jan 1 host ironclaw-audit: " + lines().getLast() + "\n")
            .getBytes(StandardCharsets.US_ASCII));
    assertThat(Verifier.verify(settings, List.of(), List.of(anchor)).broken()).isEmpty();
    PrivateDir.deleteTree(settings.folder());
    Logs.write(settings, 30);
    assertThat(Logs.verify(settings).broken()).isEmpty();
    assertThat(Verifier.verify(settings, List.of(), List.of(anchor)).broken().orElseThrow().what())
        .contains("anchor");
    Files.writeString(anchor, "{\"n\":3,\"what\":1}\n");
    assertThatThrownBy(() -> Verifier.verify(settings, List.of(), List.of(anchor)))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("no checkpoint");
  }

  @Test
  void a_file_that_is_missing_empty_or_no_log_is_found() throws Exception {
    var small = Logs.small(folder.resolve("s"), 64 << 10, 256 << 10);
    Files.createDirectories(folder.resolve("s"));
    Logs.write(small, 600);
    assertThat(Logs.verify(small).broken()).isEmpty();
    var files = Logs.files(small);
    assertThat(files.size()).isGreaterThan(2);
    byte[] second = Files.readAllBytes(files.get(1));
    Files.delete(files.get(1));
    assertThat(Logs.verify(small).broken().orElseThrow().what())
        .contains("00000002.jsonl is missing");
    Files.write(files.get(1), new byte[0]);
    assertThat(Logs.verify(small).isWhole()).isFalse();
    Files.write(files.get(1), new byte[200_000]);
    assertThat(Logs.verify(small).isWhole()).isFalse();
    Files.write(files.get(1), second);
    assertThat(Logs.verify(small).broken()).isEmpty();
    Files.delete(files.getFirst());
    assertThat(Logs.verify(small).broken().orElseThrow().what())
        .contains("are missing: the oldest that was kept is 1");
  }
}
