package io.ironclaw.mcp;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON Schemas (2020-12) of the tools, as plain maps. */
final class Schema {
  private Schema() {}

  /** An object with these properties and no others. */
  static Map<String, Object> object(List<String> required, Map<String, Object> properties) {
    var schema = new LinkedHashMap<String, Object>();
    schema.put("type", "object");
    schema.put("properties", properties);
    schema.put("required", required);
    schema.put("additionalProperties", false);
    return schema;
  }

  static Map<String, Object> text(String description) {
    return Map.of("type", "string", "description", description);
  }

  static Map<String, Object> choice(String description, String... values) {
    return Map.of("type", "string", "description", description, "enum", List.of(values));
  }

  static Map<String, Object> flag(String description) {
    return Map.of("type", "boolean", "description", description);
  }

  static Map<String, Object> integer(String description, long low, long high) {
    return Map.of("type", "integer", "description", description, "minimum", low, "maximum", high);
  }

  static Map<String, Object> count(String description) {
    return Map.of("type", "integer", "description", description, "minimum", 0);
  }

  static Map<String, Object> number(String description, double low, double high) {
    return Map.of("type", "number", "description", description, "minimum", low, "maximum", high);
  }

  static Map<String, Object> list(String description, Map<String, Object> items) {
    return Map.of("type", "array", "description", description, "items", items);
  }

  static Map<String, Object> texts(String description) {
    return Map.of(
        "type",
        "object",
        "description",
        description,
        "additionalProperties",
        Map.of("type", "string"));
  }
}
