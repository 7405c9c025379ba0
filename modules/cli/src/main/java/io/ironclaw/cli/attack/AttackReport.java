package io.ironclaw.cli.attack;

import io.ironclaw.api.HostException;
import io.ironclaw.host.AtomicFile;
import io.ironclaw.host.PrivateDir;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What came of all attacks, for a person and for a program.
 *
 * @param version of IronClaw
 * @param host its kernel and CPUs, in words
 * @param isolation of its VMs, in words
 */
public record AttackReport(
    String version, String host, String isolation, Instant at, List<AttackRun.Finding> findings) {
  private static final JsonFactory JSON = new JsonFactory();

  /** The name of the files, without their ending. */
  private static final String NAME = "attack-report";

  public AttackReport {
    at = at.truncatedTo(ChronoUnit.SECONDS);
    findings = List.copyOf(findings);
  }

  /** Whether nothing was broken. */
  public boolean holds() {
    return findings.stream().noneMatch(AttackRun.Finding::isBroken);
  }

  /** How many have come to this. */
  long count(Outcome.Result result) {
    return findings.stream().filter(f -> f.result().equals(result.text())).count();
  }

  /** One line. */
  public String summary() {
    return "%d attacks held, %d broken, %d not tried"
        .formatted(
            count(Outcome.Result.HELD),
            count(Outcome.Result.BROKEN),
            count(Outcome.Result.NOT_TRIED));
  }

  /**
   * Writes both.
   *
   * @return the page
   */
  public Path write(Path folder) throws HostException {
    try {
      Files.createDirectories(folder);
      AtomicFile.write(folder.resolve(NAME + ".json"), json());
      Path page = folder.resolve(NAME + ".md");
      AtomicFile.write(page, page().getBytes(StandardCharsets.UTF_8));
      return page;
    } catch (IOException e) {
      throw new HostException(
          "the report can't be written to " + folder + ": " + PrivateDir.reason(e), e);
    }
  }

  String page() {
    var page = new StringBuilder("# Attacks on this host's VMs\n\n");
    page.append("Written by `ironclaw doctor --attack` on ")
        .append(at)
        .append(", IronClaw ")
        .append(version)
        .append(", ")
        .append(host)
        .append("; VMs: ")
        .append(isolation)
        .append(".\n\n**")
        .append(summary())
        .append(".**\n\n| attack | what holds | result | evidence | ms |\n|---|---|---|---|---|\n");
    for (var finding : findings) {
      page.append("| ")
          .append(finding.id())
          .append(" | ")
          .append(cell(finding.claim()))
          .append(" | ")
          .append(finding.result())
          .append(" | ")
          .append(cell(finding.evidence()))
          .append(" | ")
          .append(finding.took().toMillis())
          .append(" |\n");
    }
    return page.toString();
  }

  /** Text that may come from a guest, in a table. */
  private static String cell(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;");
  }

  /** The JSON, with the line's end. */
  public String text() {
    return new String(json(), StandardCharsets.UTF_8);
  }

  byte[] json() {
    var bytes = new ByteArrayOutputStream();
    try (var json = JSON.createGenerator(ObjectWriteContext.empty(), bytes)) {
      json.writeStartObject();
      json.writeStringProperty("format", "ironclaw.attack-report.1");
      json.writeStringProperty("at", at.toString());
      json.writeStringProperty("version", version);
      json.writeStringProperty("host", host);
      json.writeStringProperty("isolation", isolation);
      json.writeNumberProperty("held", count(Outcome.Result.HELD));
      json.writeNumberProperty("broken", count(Outcome.Result.BROKEN));
      json.writeNumberProperty("not_tried", count(Outcome.Result.NOT_TRIED));
      json.writeArrayPropertyStart("attacks");
      findings.forEach(finding -> write(json, finding));
      json.writeEndArray();
      json.writeEndObject();
    }
    bytes.write('\n');
    return bytes.toByteArray();
  }

  private static void write(JsonGenerator json, AttackRun.Finding finding) {
    json.writeStartObject();
    json.writeStringProperty("id", finding.id());
    json.writeStringProperty("claim", finding.claim());
    json.writeStringProperty("result", finding.result());
    json.writeStringProperty("evidence", finding.evidence());
    json.writeNumberProperty("ms", finding.took().toMillis());
    json.writeEndObject();
  }
}
