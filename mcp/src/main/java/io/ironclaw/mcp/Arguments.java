package io.ironclaw.mcp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a tool call, checked as they are read. By hand rather than by a JSON schema
 * validator: its messages are made for people who know the schema, and it takes long to load.
 */
final class Arguments {
  private final Map<String, ? extends @Nullable Object> values;

  /**
   * @throws WrongArgumentException if there is one that is not {@code known}
   */
  Arguments(Map<String, ? extends @Nullable Object> values, Set<String> known)
      throws WrongArgumentException {
    for (String name : values.keySet()) {
      if (!known.contains(name)) {
        throw new WrongArgumentException(
            "unknown argument \""
                + Text.printable(name, 80)
                + "\"; this tool takes "
                + String.join(", ", new TreeSet<>(known)));
      }
    }
    this.values = values;
  }

  /** Whether the argument is there; null counts as absent. */
  boolean has(String name) {
    return values.get(name) != null;
  }

  String string(String name, int mostCharacters) throws WrongArgumentException {
    var value = optionalString(name, mostCharacters);
    if (value.isEmpty()) {
      throw new WrongArgumentException("argument \"" + name + "\" is missing");
    }
    return value.get();
  }

  Optional<String> optionalString(String name, int mostCharacters) throws WrongArgumentException {
    var value = Optional.<Object>ofNullable(values.get(name));
    return value.isEmpty()
        ? Optional.empty()
        : Optional.of(asString(name, value.get(), mostCharacters));
  }

  /** A text that a Linux system call can take: no NUL in it. */
  private static String withoutNul(String name, String value) throws WrongArgumentException {
    if (value.indexOf('\0') >= 0) {
      throw WrongArgumentException.value(name, "a text with a NUL in it", "any other character");
    }
    return value;
  }

  private static String asString(String name, Object value, int mostCharacters)
      throws WrongArgumentException {
    if (!(value instanceof String text)) {
      throw WrongArgumentException.value(name, typeOf(value), "a string");
    }
    if (text.length() > mostCharacters) {
      throw WrongArgumentException.value(
          name, text.length() + " characters long", "at most " + mostCharacters);
    }
    return text;
  }

  /** An absolute path in the guest. */
  String path(String name) throws WrongArgumentException {
    return absolute(name, string(name, Schemas.MOST_PATH));
  }

  Optional<String> optionalPath(String name) throws WrongArgumentException {
    var value = optionalString(name, Schemas.MOST_PATH);
    return value.isEmpty() ? value : Optional.of(absolute(name, value.get()));
  }

  private static String absolute(String name, String path) throws WrongArgumentException {
    if (!path.startsWith("/")) {
      throw WrongArgumentException.value(
          name,
          "\"" + Text.printable(path, 200) + "\"",
          "an absolute path; commands start in /root");
    }
    return withoutNul(name, path);
  }

  /** A text for a command line. */
  String commandText(String name, int mostCharacters) throws WrongArgumentException {
    return withoutNul(name, string(name, mostCharacters));
  }

  long integer(String name, long least, long most, long otherwise) throws WrongArgumentException {
    var value = Optional.<Object>ofNullable(values.get(name));
    if (value.isEmpty()) {
      return otherwise;
    }
    var allowed = "an integer from " + least + " to " + most;
    long number =
        switch (value.get()) {
          case Integer i -> i;
          case Long l -> l;
          // JSON knows one kind of number: 5.0 is 5.
          case Double d when d == Math.rint(d) && Math.abs(d) < 1L << 53 -> d.longValue();
          case Number n -> throw WrongArgumentException.value(name, n.toString(), allowed);
          case Object o -> throw WrongArgumentException.value(name, typeOf(o), allowed);
        };
    if (number < least || number > most) {
      throw WrongArgumentException.value(name, "" + number, allowed);
    }
    return number;
  }

  Optional<Double> number(String name, double least, double most) throws WrongArgumentException {
    var value = Optional.<Object>ofNullable(values.get(name));
    if (value.isEmpty()) {
      return Optional.empty();
    }
    var allowed = "a number from " + least + " to " + most;
    if (!(value.get() instanceof Number number)) {
      throw WrongArgumentException.value(name, typeOf(value.get()), allowed);
    }
    double d = number.doubleValue();
    if (!(d >= least && d <= most)) {
      throw WrongArgumentException.value(name, number.toString(), allowed);
    }
    return Optional.of(d);
  }

  boolean bool(String name, boolean otherwise) throws WrongArgumentException {
    var value = Optional.<Object>ofNullable(values.get(name));
    if (value.isEmpty()) {
      return otherwise;
    }
    if (!(value.get() instanceof Boolean b)) {
      throw WrongArgumentException.value(name, typeOf(value.get()), "true or false");
    }
    return b;
  }

  /** A list of texts for a command line; empty if the argument is absent. */
  List<String> strings(String name, int mostItems, int mostCharacters)
      throws WrongArgumentException {
    var value = Optional.<Object>ofNullable(values.get(name));
    if (value.isEmpty()) {
      return List.of();
    }
    if (!(value.get() instanceof List<?> list)) {
      throw WrongArgumentException.value(name, typeOf(value.get()), "an array of strings");
    }
    if (list.isEmpty() || list.size() > mostItems) {
      throw WrongArgumentException.value(
          name, list.size() + " items long", "1 to " + mostItems + " items");
    }
    var strings = new ArrayList<String>();
    for (int i = 0; i < list.size(); i++) {
      var itemName = name + "[" + i + "]";
      strings.add(withoutNul(itemName, asString(itemName, nonNull(list.get(i)), mostCharacters)));
    }
    return strings;
  }

  /** Environment variables; empty if the argument is absent. */
  Map<String, String> environment(String name, int mostItems, int mostCharacters)
      throws WrongArgumentException {
    var value = Optional.<Object>ofNullable(values.get(name));
    if (value.isEmpty()) {
      return Map.of();
    }
    if (!(value.get() instanceof Map<?, ?> map)) {
      throw WrongArgumentException.value(name, typeOf(value.get()), "an object of strings");
    }
    if (map.size() > mostItems) {
      throw WrongArgumentException.value(
          name, map.size() + " variables", "at most " + mostItems + " variables");
    }
    var variables = new LinkedHashMap<String, String>();
    for (var entry : map.entrySet()) {
      var key = String.valueOf(entry.getKey());
      if (key.isEmpty() || key.indexOf('=') >= 0 || key.indexOf('\0') >= 0) {
        throw WrongArgumentException.value(
            name, "a variable named \"" + Text.printable(key, 80) + "\"", "names without =");
      }
      var itemName = name + "." + Text.printable(key, 80);
      variables.put(
          key, withoutNul(itemName, asString(itemName, nonNull(entry.getValue()), mostCharacters)));
    }
    return variables;
  }

  private static Object nonNull(@Nullable Object value) {
    return Optional.ofNullable(value).orElse(Optional.empty());
  }

  private static String typeOf(Object value) {
    return switch (value) {
      case String _ -> "a string";
      case Number n -> n.toString();
      case Boolean b -> b.toString();
      case List<?> _ -> "an array";
      case Map<?, ?> _ -> "an object";
      default -> "null";
    };
  }
}
