package io.ironclaw.cli;

import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.tool.Utf8;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/**
 * The result of {@code exec --json}. Output is a string when it is UTF-8, else {@code
 * stdout_base64}: nothing is replaced silently.
 */
final class ExecJson {
  private ExecJson() {}

  static void write(
      OutputStream to,
      SpawnReport spawn,
      Optional<IsolationProof> proof,
      CommandRun.Result result,
      Capture stdout,
      Capture stderr)
      throws HostException {
    Json.print(
        to,
        json -> {
          json.writeNumberProperty("status", result.status());
          result.outcome().ifPresent(outcome -> outcome(json, outcome));
          output(json, "stdout", stdout);
          output(json, "stderr", stderr);
          json.writeObjectPropertyStart("vm");
          Json.spawn(json, spawn);
          if (proof.isPresent()) {
            json.writeStringProperty("proof_sha256", proof.get().sha256());
            json.writeName("proof");
            json.writeRawValue(proof.get().json());
          }
          json.writeEndObject();
        });
  }

  private static void outcome(JsonGenerator json, ExecOutcome outcome) {
    switch (outcome) {
      case ExecOutcome.Exited _ -> json.writeStringProperty("ended_by", "exit");
      case ExecOutcome.Signalled s -> {
        json.writeStringProperty("ended_by", "signal");
        json.writeNumberProperty("signal", s.signal());
      }
      case ExecOutcome.TimedOut _ -> json.writeStringProperty("ended_by", "time_limit");
    }
    Json.millis(json, "wall_ms", outcome.usage().wall());
    Json.millis(json, "cpu_ms", outcome.usage().cpu());
    json.writeNumberProperty("peak_rss_kib", outcome.usage().peakRssKib());
    json.writeBooleanProperty("out_of_memory", outcome.usage().outOfMemory());
    if (!outcome.usage().refused().isEmpty()) {
      json.writeArrayPropertyStart("refused");
      for (var refused : outcome.usage().refused()) {
        json.writeStartObject();
        json.writeStringProperty("call", refused.call());
        json.writeNumberProperty("times", refused.times());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeBooleanProperty("refused_at_least", outcome.usage().moreRefused());
    }
  }

  private static void output(JsonGenerator json, String name, Capture output) {
    byte[] bytes = output.bytes();
    int length = output.truncated() ? Utf8.wholeCharacters(bytes, bytes.length) : bytes.length;
    try {
      var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, length));
      json.writeStringProperty(name, text.toString());
    } catch (CharacterCodingException _) {
      json.writeStringProperty(name + "_base64", Base64.getEncoder().encodeToString(bytes));
    }
    json.writeNumberProperty(name + "_bytes", output.total());
    json.writeBooleanProperty(name + "_truncated", output.truncated());
  }
}
