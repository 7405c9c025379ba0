package io.ironclaw.cli;

import io.ironclaw.api.AuditKind;
import io.ironclaw.audit.LoggedEntry;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;

/** Entries of the audit in the forms of others; each is one line of ASCII, with its end. */
final class AuditFormats {
  static final String CSV_HEADER = "n,at,kind,times,vm,pid,sha256,data\r\n";

  private static final JsonFactory FACTORY =
      JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  /** Classes of OCSF 1.3 by our kinds, and what was done (schema.ocsf.io). */
  private record Activity(int classUid, int activityId) {}

  private static final int DETECTION_FINDING = 2004;
  private static final int API_ACTIVITY = 6003;
  private static final int OTHER = 99;

  private static final Map<AuditKind, Activity> ACTIVITIES =
      Map.of(
          AuditKind.EXEC_BEGAN, new Activity(1007, 1),
          AuditKind.EXEC_ENDED, new Activity(1007, 2),
          AuditKind.FILE_IN, new Activity(1001, 1),
          AuditKind.FILE_OUT, new Activity(1001, 2),
          AuditKind.NETWORK_USED, new Activity(4001, 6),
          AuditKind.NETWORK_DENIED, new Activity(4001, 5),
          AuditKind.VM_OPENED, new Activity(6002, 3),
          AuditKind.VM_CLOSED, new Activity(6002, 4),
          AuditKind.PROCESS_BEGAN, new Activity(6002, 3));

  private AuditFormats() {}

  /** RFC 4180; no cell begins as a formula of a spreadsheet does. */
  static String csv(LoggedEntry entry) {
    return List.of(
                Long.toString(entry.n()),
                entry.at().toString(),
                entry.kind(),
                Long.toString(entry.times()),
                AuditCommand.vm(entry),
                Long.toString(entry.pid()),
                entry.sha256(),
                data(entry))
            .stream()
            .map(AuditFormats::cell)
            .collect(Collectors.joining(","))
        + "\r\n";
  }

  private static String cell(String text) {
    boolean isFormula = !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0;
    return '"' + (isFormula ? "'" : "") + text.replace("\"", "\"\"") + '"';
  }

  private static String data(LoggedEntry entry) {
    var text = new StringWriter();
    try (var json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      object(json, entry.data());
    }
    return text.toString();
  }

  /** With the names of OCSF; what it has none for is {@code unmapped}. */
  static String ocsf(LoggedEntry entry) {
    var kind = AuditKind.of(entry.kind());
    boolean isSecurity = kind.map(AuditKind::isSecurity).orElse(false);
    var activity =
        kind.flatMap(k -> Optional.ofNullable(ACTIVITIES.get(k)))
            .orElse(
                isSecurity
                    ? new Activity(DETECTION_FINDING, 1)
                    : new Activity(API_ACTIVITY, OTHER));
    var text = new StringWriter();
    try (var json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartObject();
      json.writeNumberProperty("time", entry.at().toEpochMilli());
      json.writeNumberProperty("class_uid", activity.classUid());
      json.writeNumberProperty("category_uid", activity.classUid() / 1_000);
      json.writeNumberProperty("activity_id", activity.activityId());
      json.writeNumberProperty("type_uid", activity.classUid() * 100L + activity.activityId());
      json.writeNumberProperty("severity_id", isSecurity ? 4 : 1);
      json.writeNumberProperty("count", entry.times());
      text(entry, "what").ifPresent(what -> json.writeStringProperty("message", what));
      metadata(json, entry);
      json.writeObjectPropertyStart("actor");
      json.writeObjectPropertyStart("process");
      json.writeNumberProperty("pid", entry.pid());
      json.writeEndObject();
      json.writeEndObject();
      vm(json, entry);
      process(json, entry);
      file(json, entry);
      json.writeName("unmapped");
      object(json, entry.data());
      json.writeEndObject();
    }
    return text + "\n";
  }

  private static void metadata(JsonGenerator json, LoggedEntry entry) {
    json.writeObjectPropertyStart("metadata");
    json.writeStringProperty("version", "1.3.0");
    json.writeStringProperty("uid", entry.sha256());
    json.writeNumberProperty("sequence", entry.n());
    json.writeStringProperty("event_code", entry.kind());
    json.writeObjectPropertyStart("product");
    json.writeStringProperty("name", "IronClaw");
    json.writeStringProperty("vendor_name", "IronClaw");
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void vm(JsonGenerator json, LoggedEntry entry) {
    String vm = AuditCommand.vm(entry);
    if (!vm.isEmpty()) {
      json.writeObjectPropertyStart("device");
      json.writeStringProperty("hostname", vm);
      json.writeStringProperty("type", "Virtual");
      json.writeNumberProperty("type_id", 6);
      json.writeEndObject();
    }
  }

  private static void process(JsonGenerator json, LoggedEntry entry) {
    if (entry.data().get("argv") instanceof List<?> argv) {
      json.writeObjectPropertyStart("process");
      json.writeStringProperty(
          "cmd_line", argv.stream().map(String::valueOf).collect(Collectors.joining(" ")));
      text(entry, "cwd").ifPresent(cwd -> json.writeStringProperty("working_directory", cwd));
      json.writeEndObject();
    }
    if (entry.data().get("status") instanceof Long status) {
      json.writeNumberProperty("exit_code", status);
    }
  }

  private static void file(JsonGenerator json, LoggedEntry entry) {
    var path = text(entry, "path");
    if (path.isEmpty()) {
      return;
    }
    json.writeObjectPropertyStart("file");
    json.writeStringProperty("path", path.get());
    json.writeStringProperty("name", path.get().substring(path.get().lastIndexOf('/') + 1));
    json.writeNumberProperty("type_id", 1);
    if (entry.data().get("bytes") instanceof Long bytes) {
      json.writeNumberProperty("size", bytes);
    }
    text(entry, "sha256")
        .ifPresent(sha256 -> {
          json.writeArrayPropertyStart("hashes");
          json.writeStartObject();
          json.writeNumberProperty("algorithm_id", 3);
          json.writeStringProperty("value", sha256);
          json.writeEndObject();
          json.writeEndArray();
        });
    json.writeEndObject();
  }

  private static Optional<String> text(LoggedEntry entry, String name) {
    return entry.data().get(name) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  private static void object(JsonGenerator json, Map<String, Object> members) {
    json.writeStartObject();
    members.forEach((name, value) -> {
      json.writeName(name);
      switch (value) {
        case Long number -> json.writeNumber(number);
        case Boolean flag -> json.writeBoolean(flag);
        case List<?> list -> {
          json.writeStartArray();
          list.forEach(item -> json.writeString(String.valueOf(item)));
          json.writeEndArray();
        }
        default -> json.writeString(String.valueOf(value));
      }
    });
    json.writeEndObject();
  }
}
