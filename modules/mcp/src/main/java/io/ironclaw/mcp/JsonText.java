package io.ironclaw.mcp;

import java.io.StringWriter;
import java.math.BigInteger;
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
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * JSON as plain values: {@code Map<String, Object>} in the order of its keys, {@code List<Object>},
 * {@code String}, {@code Long}, {@code BigInteger}, {@code Double}, {@code Boolean} and {@link
 * #NULL}. What is written is one line for every reader there is.
 */
final class JsonText {
  /** The value null, as a value that can be in a map. */
  static final Object NULL = Optional.empty();

  private static final int DEPTH = 64;
  private static final int LONGEST_NUMBER = 400;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH)
                  .maxNumberLength(LONGEST_NUMBER)
                  .maxStringLength(StdioTransport.MAX_LINE)
                  .build())
          .build();

  /** JSON that was written already, on one line. */
  record Raw(String json) {}

  private JsonText() {}

  /** Text that is no JSON, or not as this reads it. */
  static final class BadJsonException extends Exception {
    private static final long serialVersionUID = 1L;

    BadJsonException(String message) {
      super(message);
    }
  }

  /**
   * Reads one value.
   *
   * @throws BadJsonException also for what is nested too deep, keys that are twice in an object,
   *     and text with half a surrogate pair, which no other encoding can hold
   */
  static Object parse(String text) throws BadJsonException {
    try (var in = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      if (in.nextToken() == null) {
        throw new BadJsonException("there is nothing");
      }
      var value = value(in);
      if (in.nextToken() != null) {
        throw new BadJsonException("there is more than one value");
      }
      return value;
    } catch (JacksonException e) {
      throw new BadJsonException(String.valueOf(e.getOriginalMessage()));
    }
  }

  private static Object value(JsonParser in) throws BadJsonException {
    return switch (in.currentToken()) {
      case START_OBJECT -> object(in);
      case START_ARRAY -> list(in);
      case VALUE_STRING -> whole(in.getString());
      case VALUE_NUMBER_INT -> integer(in.getBigIntegerValue());
      case VALUE_NUMBER_FLOAT -> in.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> NULL;
      case null, default -> throw new BadJsonException("a value is missing");
    };
  }

  private static Map<String, Object> object(JsonParser in) throws BadJsonException {
    var map = new LinkedHashMap<String, Object>();
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String name = whole(in.currentName());
      in.nextToken();
      map.put(name, value(in));
    }
    return map;
  }

  private static List<Object> list(JsonParser in) throws BadJsonException {
    var list = new ArrayList<Object>();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      list.add(value(in));
    }
    return list;
  }

  private static Object integer(BigInteger value) {
    return value.bitLength() < Long.SIZE ? (Object) value.longValueExact() : value;
  }

  private static String whole(String text) throws BadJsonException {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw new BadJsonException("a string holds half a surrogate pair");
      }
    }
    return text;
  }

  /**
   * Writes one value on one line. Characters that some readers take for the end of a line (U+2028,
   * U+2029, U+0085) or can't show (U+007F) are escaped: they can be inside strings only.
   */
  static String write(Object value) {
    var text = new StringWriter();
    try (var out = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      put(out, value);
    }
    return escaped(text.toString());
  }

  private static void put(JsonGenerator out, Object value) {
    switch (value) {
      case Map<?, ?> map -> {
        out.writeStartObject();
        map.forEach((name, member) -> {
          out.writeName(String.valueOf(name));
          put(out, member);
        });
        out.writeEndObject();
      }
      case List<?> list -> {
        out.writeStartArray();
        list.forEach(item -> put(out, item));
        out.writeEndArray();
      }
      case Raw(String json) -> out.writeRawValue(json);
      case String text -> out.writeString(text);
      case Integer number -> out.writeNumber(number);
      case Long number -> out.writeNumber(number);
      case BigInteger number -> out.writeNumber(number);
      case Double number -> out.writeNumber(number);
      case Boolean flag -> out.writeBoolean(flag);
      case Optional<?> none when none.isEmpty() -> out.writeNull();
      default -> throw new IllegalArgumentException("no JSON value: " + value.getClass());
    }
  }

  private static String escaped(String json) {
    StringBuilder changed = null;
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      boolean unsafe = c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029;
      if (unsafe && changed == null) {
        changed = new StringBuilder(json.length() + 64).append(json, 0, i);
      }
      if (changed != null) {
        if (unsafe) {
          changed.append("\\u%04x".formatted((int) c));
        } else {
          changed.append(c);
        }
      }
    }
    return changed == null ? json : changed.toString();
  }

  /** How many characters a text takes in JSON, without its quotes. */
  static int length(String text) {
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      length += length(text.charAt(i));
    }
    return length;
  }

  /** How many characters one takes in JSON. */
  static int length(char c) {
    return switch (c) {
      case '"', '\\', '\n', '\r', '\t', '\b', '\f' -> 2;
      case 0x7f, 0x85, 0x2028, 0x2029 -> 6;
      default -> c < ' ' ? 6 : 1;
    };
  }
}
