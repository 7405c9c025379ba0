package io.ironclaw.mcp;

import java.io.InputStream;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.core.json.JsonFactory;

/**
 * Finds the id of a request that is too long to be read as a whole, so that its sender gets an
 * answer and need not wait until its own time is over. Reads token by token and keeps none.
 */
final class LongMessage {
  private LongMessage() {}

  /** The id of the request in {@code content}; empty for anything that is not a request. */
  static Optional<Object> requestId(InputStream content) {
    Optional<Object> id = Optional.empty();
    boolean request = false;
    try (var parser = new JsonFactory().createParser(content)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        var value = parser.nextToken();
        if (name.equals("method")) {
          request = true;
        } else if (name.equals("id") && value == JsonToken.VALUE_NUMBER_INT) {
          id = Optional.of(parser.getNumberValue());
        } else if (name.equals("id") && value == JsonToken.VALUE_STRING) {
          id = Optional.of(parser.getString());
        }
        parser.skipChildren();
      }
    } catch (JacksonException _) {
      // Not JSON, or too deep: what was found up to here counts.
    }
    return request ? id : Optional.empty();
  }
}
