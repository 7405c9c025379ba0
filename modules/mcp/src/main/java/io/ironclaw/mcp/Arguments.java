package io.ironclaw.mcp;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The arguments of a tool call, checked one by one; what a tool does not know is refused. Some
 * clients send numbers, flags and lists as strings, always: these are taken for what they say.
 */
final class Arguments {
  private final Map<String, Object> values;
  private final Set<String> known = new HashSet<>();

  Arguments(Map<String, Object> values) {
    this.values = values;
  }

  /** An argument that is missing, unknown, or not what the tool's schema says. */
  static final class InvalidArgumentException extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidArgumentException(String message) {
      super(message);
    }
  }

  /** Null is as good as absent. */
  private Optional<Object> value(String name) {
    known.add(name);
    return Optional.ofNullable(values.get(name)).filter(value -> !value.equals(JsonText.NULL));
  }

  Optional<String> text(String name) throws InvalidArgumentException {
    var value = value(name);
    if (value.isPresent() && !(value.get() instanceof String)) {
      throw wrong(name, "a string");
    }
    return value.map(v -> (String) v);
  }

  String required(String name) throws InvalidArgumentException {
    var value = text(name);
    if (value.isEmpty()) {
      throw new InvalidArgumentException("argument " + name + " is missing");
    }
    return value.get();
  }

  long integer(String name, long standard, long low, long high) throws InvalidArgumentException {
    var value = value(name).map(Arguments::unquoted);
    if (value.isEmpty()) {
      return standard;
    }
    if (value.get() instanceof Number n
        && n.doubleValue() == Math.rint(n.doubleValue())
        && n.doubleValue() >= low
        && n.doubleValue() <= high) {
      return n.longValue();
    }
    throw wrong(name, "a whole number from " + low + " to " + high);
  }

  Optional<Double> number(String name, double low, double high) throws InvalidArgumentException {
    var value = value(name).map(Arguments::unquoted);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (value.get() instanceof Number n && n.doubleValue() >= low && n.doubleValue() <= high) {
      return Optional.of(n.doubleValue());
    }
    throw wrong(name, "a number from " + low + " to " + high);
  }

  boolean flag(String name) throws InvalidArgumentException {
    var value = value(name).map(Arguments::unquoted);
    if (value.isEmpty()) {
      return false;
    }
    if (value.get() instanceof Boolean b) {
      return b;
    }
    throw wrong(name, "true or false");
  }

  List<String> texts(String name) throws InvalidArgumentException {
    var value = value(name).map(Arguments::unquoted);
    if (value.isEmpty()) {
      return List.of();
    }
    var texts = new ArrayList<String>();
    if (!(value.get() instanceof List<?> list)) {
      throw wrong(name, "a list of strings");
    }
    for (var item : list) {
      if (!(item instanceof String text)) {
        throw wrong(name, "a list of strings");
      }
      texts.add(text);
    }
    return texts;
  }

  Map<String, String> textMap(String name) throws InvalidArgumentException {
    var value = value(name).map(Arguments::unquoted);
    if (value.isEmpty()) {
      return Map.of();
    }
    var texts = new LinkedHashMap<String, String>();
    if (!(value.get() instanceof Map<?, ?> map)) {
      throw wrong(name, "an object with string values");
    }
    for (var entry : map.entrySet()) {
      if (!(entry.getKey() instanceof String key && entry.getValue() instanceof String text)) {
        throw wrong(name, "an object with string values");
      }
      texts.put(key, text);
    }
    return texts;
  }

  /** What a string says that holds a JSON value; anything else as it is. */
  private static Object unquoted(Object value) {
    if (value instanceof String text) {
      try {
        return JsonText.parse(text.strip());
      } catch (JsonText.BadJsonException _) {
        // Then it is what it looks like, and refused as that.
        return value;
      }
    }
    return value;
  }

  /** Refuses what no call above has asked for. */
  void end() throws InvalidArgumentException {
    for (var name : values.keySet()) {
      if (!known.contains(name)) {
        throw new InvalidArgumentException(
            "argument "
                + name
                + " is unknown; known are "
                + String.join(", ", new java.util.TreeSet<>(known)));
      }
    }
  }

  private static InvalidArgumentException wrong(String name, String what) {
    return new InvalidArgumentException("argument " + name + " must be " + what);
  }
}
