package io.ironclaw.mcp;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON Schemas of the tools. No {@code oneOf} and the like at the top of an input: some model
 * providers take no tool that has them.
 */
final class Schemas {
  static final int MOST_PATH = 4_095;

  private Schemas() {}

  /** One property of an object. */
  record Property(String name, Map<String, Object> schema, boolean required) {}

  static Property required(String name, Map<String, Object> schema) {
    return new Property(name, schema, true);
  }

  static Property optional(String name, Map<String, Object> schema) {
    return new Property(name, schema, false);
  }

  /** An object with these properties and no others. */
  static Map<String, Object> object(Property... properties) {
    var schemas = new LinkedHashMap<String, Object>();
    for (var property : properties) {
      schemas.put(property.name(), property.schema());
    }
    var required =
        List.of(properties).stream().filter(Property::required).map(Property::name).toList();
    var object = new LinkedHashMap<String, Object>();
    object.put("type", "object");
    object.put("properties", schemas);
    if (!required.isEmpty()) {
      object.put("required", required);
    }
    object.put("additionalProperties", false);
    return object;
  }

  static Map<String, Object> string(String description) {
    return of("string", description);
  }

  static Map<String, Object> string(String description, int least, int most) {
    return with(string(description), "minLength", least, "maxLength", most);
  }

  static Map<String, Object> path(String description) {
    return with(string(description, 1, MOST_PATH), "pattern", "^/");
  }

  static Map<String, Object> oneOf(String description, String... values) {
    return with(string(description), "enum", List.of(values));
  }

  static Map<String, Object> count(String description) {
    return with(of("integer", description), "minimum", 0);
  }

  static Map<String, Object> integer(String description, long least, long most, long otherwise) {
    return with(
        of("integer", description), "minimum", least, "maximum", most, "default", otherwise);
  }

  static Map<String, Object> bool(String description) {
    return of("boolean", description);
  }

  static Map<String, Object> of(String type, String description) {
    return with(Map.of(), "type", type, "description", description);
  }

  /** The schema with these keys and values added. */
  static Map<String, Object> with(Map<String, Object> schema, Object... keysAndValues) {
    var more = new LinkedHashMap<>(schema);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      more.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return more;
  }
}
