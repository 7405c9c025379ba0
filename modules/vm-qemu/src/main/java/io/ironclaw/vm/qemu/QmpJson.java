package io.ironclaw.vm.qemu;

import io.ironclaw.api.Printable;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** QMP's JSON, by a streaming parser: it starts fastest, and the messages are small. */
final class QmpJson {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int MAX_DEPTH = 32;

  private QmpJson() {}

  /** A command with arguments: strings, booleans, numbers, and lists and maps of them. */
  static String command(String name, Map<String, Object> arguments) {
    var text = new StringWriter();
    try (var json = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartObject();
      json.writeStringProperty("execute", name);
      if (!arguments.isEmpty()) {
        json.writeName("arguments");
        write(json, arguments);
      }
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, Object value) {
    switch (value) {
      case Map<?, ?> map -> {
        json.writeStartObject();
        map.forEach((k, v) -> {
          json.writeName(String.valueOf(k));
          write(json, v);
        });
        json.writeEndObject();
      }
      case List<?> list -> {
        json.writeStartArray();
        list.forEach(v -> write(json, v));
        json.writeEndArray();
      }
      case Boolean b -> json.writeBoolean(b);
      case Integer n -> json.writeNumber(n);
      default -> json.writeString(value.toString());
    }
  }

  static Qmp.Message parse(String line) throws IOException {
    try (var json = JSON.createParser(ObjectReadContext.empty(), line)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("QMP message is no object");
      }
      return message(object(json, 0));
    } catch (JacksonException e) {
      throw new IOException("QMP message is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static Qmp.Message message(Map<String, Object> map) throws IOException {
    if (map.containsKey("QMP")) {
      return new Qmp.Message.Greeting();
    }
    if (map.containsKey("return")) {
      return new Qmp.Message.Return(Optional.ofNullable(map.get("return")).orElse(Map.of()));
    }
    if (map.containsKey("error")) {
      return asMap(map.get("error")).get("desc") instanceof String reason
          ? new Qmp.Message.Failure(Printable.of(reason))
          : new Qmp.Message.Failure("it gives no reason");
    }
    if (map.get("event") instanceof String name) {
      return new Qmp.Message.Event(name, asMap(map.get("data")));
    }
    throw new IOException("QMP message is none of greeting, return, error, event");
  }

  @SuppressWarnings("unchecked") // maps are made below, with string keys only
  private static Map<String, Object> asMap(@org.jspecify.annotations.Nullable Object value) {
    return value instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
  }

  private static Map<String, Object> object(JsonParser json, int depth) throws IOException {
    var map = new LinkedHashMap<String, Object>();
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = json.currentName();
      json.nextToken();
      map.put(name, value(json, depth + 1));
    }
    return map;
  }

  private static Object value(JsonParser json, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new IOException("QMP message is nested over " + MAX_DEPTH + " deep");
    }
    return switch (json.currentToken()) {
      case START_OBJECT -> object(json, depth);
      case START_ARRAY -> {
        var list = new ArrayList<Object>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(json, depth + 1));
        }
        yield list;
      }
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NUMBER_INT -> json.getLongValue();
      default -> String.valueOf(json.getString());
    };
  }
}
