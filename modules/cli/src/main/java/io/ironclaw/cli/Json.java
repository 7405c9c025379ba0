package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.api.SpawnReport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** The JSON that commands print: one object on one line. */
final class Json {
  private static final JsonFactory FACTORY = new JsonFactory();

  private Json() {}

  /** Writes an object whose properties are written by {@code properties}, in one write. */
  static void print(OutputStream to, Consumer<JsonGenerator> properties) throws HostException {
    var line = new ByteArrayOutputStream();
    try (var json = FACTORY.createGenerator(ObjectWriteContext.empty(), line)) {
      json.writeStartObject();
      properties.accept(json);
      json.writeEndObject();
    }
    line.write('\n');
    try {
      line.writeTo(to);
      to.flush();
    } catch (IOException e) {
      throw new HostException("the result can't be written to stdout: " + e.getMessage(), e);
    }
  }

  /** The properties of a VM's start. */
  static void spawn(JsonGenerator json, SpawnReport spawn) {
    json.writeStringProperty("id", spawn.id().value());
    json.writeStringProperty("mode", spawn.how().text());
    json.writeStringProperty("hypervisor", spawn.hypervisor());
    json.writeStringProperty("acceleration", spawn.acceleration().toString());
    json.writeStringProperty("isolation", spawn.acceleration().isolation());
    spawn.downgrade().ifPresent(why -> json.writeStringProperty("downgrade", why));
    json.writeStringProperty("seccomp", spawn.seccomp().text());
    json.writeStringProperty("jail", spawn.jail().name().toLowerCase(java.util.Locale.ROOT));
    millis(json, "spawn_ms", spawn.total());
    json.writeArrayPropertyStart("phases");
    for (var phase : spawn.phases()) {
      json.writeStartObject();
      json.writeStringProperty("name", phase.name());
      millis(json, "ms", phase.took());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** A time in milliseconds, to the microsecond. */
  static void millis(JsonGenerator json, String name, Duration time) {
    json.writeNumberProperty(name, Math.round(time.toNanos() / 1_000.0) / 1_000.0);
  }

  /** An error, as the only thing that was the result. */
  static void error(JsonGenerator json, Throwable problem, int status) {
    json.writeStringProperty("error", String.valueOf(problem.getMessage()));
    json.writeNumberProperty("status", status);
  }
}
