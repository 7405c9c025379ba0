package io.ironclaw.audit;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/** Understands lines of a log: for showing them, after they were verified or not. */
final class LineReader {
  private static final JsonFactory FACTORY =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** Something that no line of a log has. */
  private static final class NoLineException extends Exception {
    private static final long serialVersionUID = 1L;
  }

  private LineReader() {}

  /** The entry of a line without its end; empty if it is none. */
  static Optional<LoggedEntry> read(byte[] line) {
    var text = new String(line, StandardCharsets.UTF_8);
    try (var in = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      expect(in.nextToken() == JsonToken.START_OBJECT);
      var members = new LinkedHashMap<String, Object>();
      while (in.nextToken() != JsonToken.END_OBJECT) {
        String name = name(in);
        in.nextToken();
        members.put(name, in.currentToken() == JsonToken.START_OBJECT ? object(in) : value(in));
      }
      expect(in.nextToken() == null);
      return Optional.of(entry(members, text));
    } catch (JacksonException | NoLineException | DateTimeException _) {
      return Optional.empty();
    }
  }

  private static LoggedEntry entry(Map<String, Object> members, String text)
      throws NoLineException {
    if (members.get("n") instanceof Long n
        && members.get("at") instanceof String at
        && members.get("kind") instanceof String kind
        && members.getOrDefault("times", 1L) instanceof Long times
        && members.get("data") instanceof Map<?, ?> data
        && members.get("pid") instanceof Long pid
        && members.get("sha256") instanceof String sha256) {
      var copy = new LinkedHashMap<String, Object>();
      data.forEach((name, value) -> copy.put(String.valueOf(name), value));
      return new LoggedEntry(n, Instant.parse(at), kind, times, copy, pid, sha256, text);
    }
    throw new NoLineException();
  }

  /** The data of an entry that this process has encoded. */
  static Map<String, Object> data(byte[] json) {
    try (var in = FACTORY.createParser(ObjectReadContext.empty(), json)) {
      expect(in.nextToken() == JsonToken.START_OBJECT);
      return object(in);
    } catch (JacksonException | NoLineException e) {
      throw new IllegalStateException("data that was encoded here can't be read", e);
    }
  }

  private static Map<String, Object> object(JsonParser in) throws NoLineException {
    var members = new LinkedHashMap<String, Object>();
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String name = name(in);
      in.nextToken();
      members.put(name, value(in));
    }
    return members;
  }

  private static String name(JsonParser in) throws NoLineException {
    expect(in.currentToken() == JsonToken.PROPERTY_NAME);
    return in.currentName();
  }

  private static Object value(JsonParser in) throws NoLineException {
    return switch (in.currentToken()) {
      case VALUE_STRING -> in.getString();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NUMBER_INT -> in.getLongValue();
      case START_ARRAY -> list(in);
      case null, default -> throw new NoLineException();
    };
  }

  private static List<String> list(JsonParser in) throws NoLineException {
    var list = new ArrayList<String>();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      expect(in.currentToken() == JsonToken.VALUE_STRING);
      list.add(in.getString());
    }
    return list;
  }

  private static void expect(boolean is) throws NoLineException {
    if (!is) {
      throw new NoLineException();
    }
  }
}
