package io.ironclaw.vm;

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

/**
 * The JSON that hypervisors speak, as maps, lists, text, booleans and numbers of 64 bits, by a
 * streaming parser: it starts fastest, and the messages are small. What a hypervisor says is
 * hostile: its guest may have taken it over.
 */
public final class PlainJson {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int MAX_DEPTH = 32;

  private PlainJson() {}

  /** An object of text, booleans, numbers, and lists and maps of them, in one line. */
  public static String write(Map<String, ?> object) {
    var text = new StringWriter();
    try (var json = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      write(json, object);
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

  /**
   * Reads an object; what is null in it is left out, as if it were not there.
   *
   * @throws IOException if the text is none
   */
  public static Map<String, Object> object(String text) throws IOException {
    try (var json = JSON.createParser(ObjectReadContext.empty(), text)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("no object");
      }
      return object(json, 0);
    } catch (JacksonException e) {
      throw new IOException("no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static Map<String, Object> object(JsonParser json, int depth) throws IOException {
    var map = new LinkedHashMap<String, Object>();
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = json.currentName();
      json.nextToken();
      var value = value(json, depth + 1);
      value.ifPresent(v -> map.put(name, v));
    }
    return map;
  }

  private static Optional<Object> value(JsonParser json, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new IOException("nested over " + MAX_DEPTH + " deep");
    }
    return switch (json.currentToken()) {
      case START_OBJECT -> Optional.of(object(json, depth));
      case START_ARRAY -> {
        var list = new ArrayList<Object>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          value(json, depth + 1).ifPresent(list::add);
        }
        yield Optional.of(list);
      }
      case VALUE_TRUE -> Optional.of(true);
      case VALUE_FALSE -> Optional.of(false);
      case VALUE_NUMBER_INT -> Optional.of(json.getLongValue());
      case VALUE_NULL -> Optional.empty();
      default -> Optional.of(String.valueOf(json.getString()));
    };
  }
}
