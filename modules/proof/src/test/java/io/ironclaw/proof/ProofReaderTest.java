package io.ironclaw.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.Verdict;
import io.ironclaw.api.VmId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The document of a proof: what is written is read, and nothing else is. */
class ProofReaderTest {
  private static final Instant AT = Instant.parse("2026-11-29T08:00:00.123456789Z");

  private static IsolationProof proof() {
    var items = new ArrayList<IsolationProof.Item>();
    for (var item : ProofItem.values()) {
      var verdict = items.size() % 2 == 0 ? Verdict.PROVEN : Verdict.ABSENT;
      items.add(
          new IsolationProof.Item(
              item,
              verdict,
              "read \"it\" \\ back\n\u001b[2J of " + item + " \u00fc \ud83d\ude00",
              AT.plusSeconds(items.size()),
              Duration.ofNanos(1_234_567)));
    }
    return new IsolationProof(
        new VmId("vm-1"),
        AT,
        IsolationProof.Occasion.RE_CHECK,
        "qemu 7.2.22",
        SpawnReport.How.COLD_BOOT,
        4_711,
        Duration.ofNanos(9_876_543),
        items);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void what_is_written_is_read_and_its_digest_is_of_its_text() throws Exception {
    var proof = proof();
    assertThat(ProofReader.read(bytes(proof.json()))).isEqualTo(proof);
    assertThat(proof.sha256())
        .isEqualTo(
            HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes(proof.json()))));
    assertThat(proof.json()).doesNotContain("\n", "\u001b");
  }

  @Test
  void it_is_what_its_schema_says_and_the_schema_refuses_what_it_is_not() throws Exception {
    Path root = Path.of(System.getProperty("ironclaw.root"));
    String text = Files.readString(root.resolve("docs").resolve("isolation-proof.schema.json"));
    var schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(text, InputFormat.JSON);
    String json = proof().json();
    List<Error> errors = schema.validate(json, InputFormat.JSON);
    assertThat(errors).isEmpty();
    assertThat(schema.validate(json.replace("\"pid\":4711,", ""), InputFormat.JSON)).isNotEmpty();
    assertThat(schema.validate(json.replace("re-check", "later"), InputFormat.JSON)).isNotEmpty();
    assertThat(schema.validate(json.replace("\"claim\"", "\"clam\""), InputFormat.JSON))
        .isNotEmpty();
  }

  @Test
  void any_byte_that_is_changed_taken_or_added_is_found() {
    byte[] whole = bytes(proof().json());
    var random = new Random(16);
    for (int i = 0; i < 5_000; i++) {
      int at = random.nextInt(whole.length);
      byte[] changed =
          switch (i % 3) {
            case 0 -> {
              byte[] copy = whole.clone();
              copy[at] ^= (byte) (1 << random.nextInt(8));
              yield copy;
            }
            case 1 -> joined(whole, at, new byte[0], at + 1);
            default -> joined(whole, at, new byte[] {(byte) random.nextInt(256)}, at);
          };
      if (isAnotherProof(changed)) {
        // What it says was changed, to something that can be said: it is another digest then.
        continue;
      }
      assertThatThrownBy(() -> ProofReader.read(changed)).isInstanceOf(HostException.class);
    }
  }

  private static byte[] joined(byte[] bytes, int until, byte[] between, int from) {
    var joined = new java.io.ByteArrayOutputStream();
    joined.write(bytes, 0, until);
    joined.writeBytes(between);
    joined.write(bytes, from, bytes.length - from);
    return joined.toByteArray();
  }

  private static boolean isAnotherProof(byte[] bytes) {
    try {
      var read = ProofReader.read(bytes);
      assertThat(bytes(read.json())).isEqualTo(bytes);
      return !read.sha256().equals(proof().sha256());
    } catch (HostException _) {
      return false;
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[]",
        "null",
        "{\"format\":\"ironclaw.isolation-proof.2\"}",
        "{\"format\":\"ironclaw.isolation-proof.1\",\"items\":[[[[[[]]]]]]}",
        "{\"format\":\"ironclaw.isolation-proof.1\",\"items\":[1]}",
        "{\"format\":{\"a\":1}}",
        "{\"pid\":99999999999999999999999999999}",
        "\ufeff{}",
      })
  void what_is_no_proof_is_refused_in_one_line(String text) {
    assertThatThrownBy(() -> ProofReader.read(bytes(text)))
        .isInstanceOf(HostException.class)
        .hasMessageStartingWith("no isolation proof: ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void a_document_beyond_its_bound_is_not_looked_at() {
    assertThatThrownBy(() -> ProofReader.read(new byte[ProofReader.MOST_BYTES + 1]))
        .hasMessageContaining("more than 524288 bytes");
  }
}
